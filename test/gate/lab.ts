import { connect } from 'node:net'
import { engineNeeds } from '../lab/engine.ts'
import { labHost, labUp, nodes } from '../lab/lab.ts'
import { LabError } from '../lab/process.ts'
import { prepareReleases, type Releases } from '../lab/releases/prepare.ts'

/** All hosts of the lab, and the etcd releases; or why this machine can't have them. */
export async function bringUpLab(say: (line: string) => void): Promise<Releases | { why: string }> {
  const why = await missing(say)
  if (why !== undefined) return { why }
  // The releases keep the processor busy while the hosts wait for packages.
  const [releases] = await Promise.all([prepareReleases(say), labUp({ hosts: nodes.length, say })])
  if (!(await answers(labHost('node1').address))) return { why: "the containers' addresses are not routed here" }
  return releases
}

async function missing(say: (line: string) => void): Promise<string | undefined> {
  try {
    const needs = await engineNeeds()
    if (needs !== undefined) say(`no Docker engine answers: will ${needs}; npm run lab -- down --engine ends it again`)
    return undefined
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

/** Docker Desktop runs the hosts in a machine of its own, of which only published ports can be reached. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 5000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
