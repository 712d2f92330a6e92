/** Orders that are not paid in time are cancelled: 100,000 on a virtual clock, 100 on a real one while the process is killed. */
import './order-cancel/start.ts'
