import Type from 'typebox'
import { DOCUMENT_TYPES } from '../../infra/domain/results.ts'
import { TASK_PICTURES } from '../../infra/domain/task.ts'
import { words } from '../../infra/http/schema.ts'
import { OcrResultSchema } from '../result-schemas.ts'
import type { TaskDefinition } from './task-definition.ts'

const fromBoth = (value: string) => ({ value, confidence: 0.99, source: 'both' })

/** What does a document say? The specimen is the one of ICAO Doc 9303. */
export const ocr: TaskDefinition = {
  task: 'ocr',
  pictures: TASK_PICTURES.ocr,
  options: {
    documentType: Type.Optional(words(DOCUMENT_TYPES, 'what the picture shows, where the caller knows')),
  },
  result: OcrResultSchema,
  summary: 'Read an identity document',
  description:
    'Reads the text of a passport, identity card or visa, and its machine-readable zone with every check digit. A wrong check digit is a warning of a job that has succeeded.',
  example: {
    documentType: 'passport',
    fields: {
      surname: fromBoth('ERIKSSON'),
      givenNames: fromBoth('ANNA MARIA'),
      documentNumber: fromBoth('L898902C3'),
      birthDate: { ...fromBoth('1974-08-12'), raw: '12 AUG 1974' },
    },
    mrz: {
      format: 'TD3',
      lines: ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'],
      checks: [
        { field: 'documentNumber', digit: '6', valid: true },
        { field: 'composite', digit: '0', valid: true },
      ],
      valid: true,
    },
    text: [{ text: 'PASSPORT', confidence: 0.98, box: { left: 60, top: 40, width: 310, height: 44 } }],
    warnings: [],
  },
}
