import { brokerName } from '../switchboard.ts'
import { mortal } from './broker-faults.ts'
import { type Begin, targetOf } from './scene.ts'

/** A broker whose disk is full halts at its next write, as Kafka does without another log directory. */
export const diskFull: Begin = (scene, fault) => {
  const { cluster, losses } = scene
  const id = targetOf(mortal(scene, 'keeps its log'), fault)
  if (id === undefined) return undefined
  const takeBack = losses.note(id, 'keeps its log')
  const disk = cluster.disk(id)
  disk.isFull = true
  const undo = () => {
    disk.isFull = false
    takeBack()
    cluster.start(id)
  }
  return { what: 'full disk', processes: [brokerName(id)], undo }
}

/** A batch that was written is not what it was. In the end somebody starts the broker anew, and its recovery finds it. */
export const diskCorruption: Begin = (scene, fault) => {
  const { cluster, losses } = scene
  const id = targetOf(
    mortal(scene, 'loses of its log').filter((id) => cluster.disk(id).logs.some(({ isEmpty }) => !isEmpty)),
    fault,
  )
  if (id === undefined) return undefined
  const logs = cluster.disk(id).logs.filter(({ isEmpty }) => !isEmpty)
  const log = logs[cluster.world.choices.pick('disk', logs.length, 1)]
  if (log === undefined) return undefined
  losses.note(id, 'loses of its log')
  const offset = log.damage(cluster.world.choices.pick('disk', log.batches, 1))
  const undo = () => {
    if (log.isDamaged) cluster.crash(id, 'kept')
    // one that had been stopped with it has not looked either
    if (log.isDamaged) cluster.disk(id).comeBack('kept')
    cluster.start(id)
  }
  return { what: `damage at offset ${offset} of ${log.name}`, processes: [brokerName(id)], undo }
}
