/** Something that the baseline had and the report has no more, or less of. */
export interface Regression {
  /**
   * `case_vanished`; `criterion_vanished`; `metric_lost`: nothing was measured; `gate_failed`: a gate
   * criterion that passed; `score_sank`: of a soft one; `gate_softened`: a gate that is soft now.
   */
  readonly kind:
    | 'case_vanished'
    | 'criterion_vanished'
    | 'metric_lost'
    | 'gate_failed'
    | 'score_sank'
    | 'gate_softened'
  /** The case's id. */
  readonly case: string
  readonly criterion?: string
  readonly message: string
}
