import { describe, expect, it } from 'vitest'
import { postPolicyFields, signPolicy } from '../../../../infra/object-storage/s3-post-policy.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

describe('a POST policy', () => {
  it('signs as AWS does in its published example', () => {
    const policy =
      'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9'
    expect(signPolicy(policy, SECRET, '20151229', 'us-east-1')).toBe(
      '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
    )
  })

  it('allows one key, one type, one span of sizes, until one instant', () => {
    const policy = {
      bucket: 'b',
      key: 'k/1',
      contentType: 'image/png',
      maxBytes: 99,
      expiresAt: Date.UTC(2026, 10, 20, 12, 5),
    }
    const credentials = { accessKeyId: 'AK', secretAccessKey: SECRET, sessionToken: 'token' }
    const fields = postPolicyFields(policy, credentials, 'eu-west-1', Date.UTC(2026, 10, 20, 12, 0, 7))
    expect(fields).toMatchObject({
      key: 'k/1',
      'Content-Type': 'image/png',
      'x-amz-credential': 'AK/20261120/eu-west-1/s3/aws4_request',
      'x-amz-date': '20261120T120007Z',
      'x-amz-security-token': 'token',
    })
    const document = JSON.parse(Buffer.from(fields.policy ?? '', 'base64').toString())
    expect(document.expiration).toBe('2026-11-20T12:05:00.000Z')
    expect(document.conditions).toEqual(
      expect.arrayContaining([
        { bucket: 'b' },
        { key: 'k/1' },
        { 'Content-Type': 'image/png' },
        ['content-length-range', 1, 99],
      ]),
    )
    expect(document.conditions).toHaveLength(8)
  })
})
