import { describe, it } from 'vitest'
import { describeConformance } from '../../../src/testing/conformance/describe-conformance.ts'
import { simulatedSubject } from '../../support/simulated-subject.ts'

describeConformance({ describe, it }, 'simulated, three brokers', { open: () => simulatedSubject(), runs: 10 })
