import { describeArtifactStore } from './artifact-store.contract.ts'
import { memoryArtifacts } from './memory-artifacts.ts'

describeArtifactStore('memoryArtifacts', () => ({ open: memoryArtifacts }))
