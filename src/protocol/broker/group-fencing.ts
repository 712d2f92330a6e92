import type { Refusal } from './group-command.ts'
import { type Group, memberOfInstance } from './group-state.ts'

interface Claim {
  readonly memberId: string
  readonly instanceId?: string | undefined
}

/**
 * Why the claim to be a member of `group` does not hold, or `undefined`: an unknown member, or an instance id that
 * somebody else has taken over.
 */
export const memberRefusal = (group: Group, { memberId, instanceId }: Claim): Refusal | undefined => {
  const owner = instanceId === undefined ? undefined : memberOfInstance(group, instanceId)
  if (owner !== undefined && owner.memberId !== memberId)
    return {
      code: 'fenced-instance',
      message: `instance ${instanceId} of group ${group.name} is now member ${owner.memberId}, not ${memberId}: give each running instance an id of its own`,
    }
  if (group.members.has(memberId) && (instanceId === undefined || owner !== undefined)) return undefined
  return {
    code: 'unknown-member',
    message: `${instanceId ?? (memberId || 'a caller without member id')} is not a member of group ${group.name}, which is ${group.phase}: its session has ended, so join again`,
  }
}

/** As {@link memberRefusal}, and that the claim is of the current generation. */
export const generationRefusal = (group: Group, claim: Claim & { readonly generation: number }): Refusal | undefined =>
  memberRefusal(group, claim) ??
  (claim.generation === group.generation
    ? undefined
    : {
        code: 'illegal-generation',
        message: `member ${claim.memberId} speaks for generation ${claim.generation} of group ${group.name}, which is at ${group.generation}: drop what is under way and join again`,
      })

export const rebalancing = (group: Group): Refusal => ({
  code: 'rebalance-in-progress',
  message: `group ${group.name} is rebalancing (${group.phase}, generation ${group.generation}): join again, then repeat`,
})
