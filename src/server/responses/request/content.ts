import { z } from 'zod'
import { badRequest } from './bad-request.ts'

/*
 * Content as its clients write it, a text or parts, read as text. A transcript holds text: of a
 * picture or a file it has a note, so that a model knows that there was one.
 */

const partSchema = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  filename: z.string().nullish(),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })]).nullish(),
})
const contentSchema = z.union([z.string(), z.array(partSchema)]).nullish()

const TEXTS: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'summary_text'])
const SHOWN_URL = 300

/** Reads content as text; throws an ApiError for parts that are not read here. */
export function textOfContent(content: unknown, at: string): string {
  const parsed = contentSchema.safeParse(content)
  if (!parsed.success) {
    throw badRequest(`${at} must be a text or a list of parts`, {
      code: 'invalid_content',
      param: at,
    })
  }
  const { data } = parsed
  if (data === undefined || data === null) return ''
  if (typeof data === 'string') return data
  return data.map((part, index) => textOfPart(part, `${at}[${index}]`)).join('')
}

function textOfPart(part: z.infer<typeof partSchema>, at: string): string {
  const { type } = part
  if (TEXTS.has(type)) return part.text ?? ''
  if (type === 'refusal') return part.refusal ?? ''
  if (type === 'input_image' || type === 'image_url') {
    const url = typeof part.image_url === 'string' ? part.image_url : part.image_url?.url
    const shown = url === undefined || url.startsWith('data:') ? '' : `: ${url.slice(0, SHOWN_URL)}`
    return `[image${shown}]`
  }
  if (type === 'input_file' || type === 'file')
    return `[file${part.filename ? `: ${part.filename}` : ''}]`
  if (type === 'input_audio') return '[audio]'
  throw badRequest(
    `${at}: parts of type \`${type}\` are not read here; legal are text, images and files`,
    {
      code: 'unsupported_content',
      param: at,
    },
  )
}
