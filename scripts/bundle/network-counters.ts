/** The attempts to leave a network namespace that its kernel counted, by version of the protocol. */
export interface LeaveCounts {
  readonly v4: number
  readonly v6: number
}

/**
 * Packets and connections for which there was no way out: one for every datagram and every `connect` beyond loopback where
 * no route leads. Pure.
 * @param snmp text of `/proc/net/snmp`
 * @param snmp6 text of `/proc/net/snmp6`; empty where there is no version 6
 * @source Linux, `IPSTATS_MIB_OUTNOROUTES`: net/ipv4/tcp_ipv4.c, udp.c, datagram.c; net/ipv6/ip6_output.c
 */
export const readLeaveCounts = (snmp: string, snmp6: string): LeaveCounts => {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Ip:'))
    .map((line) => line.split(/\s+/))
  const at = names.indexOf('OutNoRoutes')
  if (at < 0) throw new Error('this kernel does not count packets without a route')
  return { v4: Number(values[at]), v6: Number(/^Ip6OutNoRoutes\s+(\d+)/m.exec(snmp6)?.[1] ?? 0) }
}
