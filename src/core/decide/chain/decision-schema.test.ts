import { describe, expect, it } from 'vitest'
import { envelope, planOf } from '../../given.ts'
import { compileSchema } from '../../spec/json-schema.ts'
