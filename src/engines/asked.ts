import type { GroupCommand, Moment } from '../protocol/broker/group-command.ts'
import type { TransactionRequest } from '../protocol/broker/transaction-messages.ts'

type GroupRequest = Extract<GroupCommand, { readonly request: number }>
type WithoutPlace<C, Added extends string> = C extends unknown ? Omit<C, Added> : never

/** What the coordinator of a group is asked: it adds the number and the time. */
export type AskedOfGroup = WithoutPlace<GroupRequest, 'request' | keyof Moment>

/** What the coordinator of a transactional id is asked: it adds the number and the time. */
export type AskedOfTransaction = WithoutPlace<TransactionRequest, 'request' | 'now'>
