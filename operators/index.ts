// values
export { filterValue } from './filter-value.ts'
export { mapValue } from './map-value.ts'
// keys
export { rekey } from './rekey.ts'
// results
export { to } from './to.ts'
