import { conformance } from '../../conformance/conformance.ts'
import { simulatedSubject } from '../../support/simulated-subject.ts'

conformance('simulated, three brokers', { open: () => simulatedSubject(), runs: 10 })
