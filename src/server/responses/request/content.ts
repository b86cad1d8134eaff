import { z } from 'zod'
import { isImageUrl } from '../../image-url.ts'
import { badRequest } from './bad-request.ts'

/*
 * Content as its clients write it, a text or parts. What a user says is words and pictures; all else
 * is read as text, with a note of each picture or file, so that a model knows that there was one.
 */

const partSchema = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  filename: z.string().nullish(),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })]).nullish(),
})
const contentSchema = z.union([z.string(), z.array(partSchema)]).nullish()

type Part = z.infer<typeof partSchema>

const TEXTS: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'summary_text'])
const IMAGES: ReadonlySet<string> = new Set(['input_image', 'image_url'])
const SHOWN_URL = 300

/** What a user said: the words, and the pictures beside them in their order. */
export interface Said {
  readonly text: string
  readonly images: readonly string[]
}

/** Reads content as text; throws an ApiError for parts that are not read here. */
export function textOfContent(content: unknown, at: string): string {
  return partsOf(content, at)
    .map((part, index) => textOfPart(part, `${at}[${index}]`))
    .join('')
}

/**
 * Reads a user's content (S0.36). Throws an ApiError for parts that are not read here, and for a
 * picture that is neither an address nor `data:image/TYPE;base64,…`.
 */
export function saidIn(content: unknown, at: string): Said {
  const images: string[] = []
  const texts = partsOf(content, at).map((part, index) => {
    if (!IMAGES.has(part.type)) return textOfPart(part, `${at}[${index}]`)
    images.push(imageOf(part, `${at}[${index}]`))
    return ''
  })
  return { text: texts.join(''), images }
}

/** Reads what a run that goes on is told, which is words alone; throws an ApiError for pictures. */
export function wordsIn(content: unknown, at: string): string {
  const { text, images } = saidIn(content, at)
  if (images.length === 0) return text
  const message = `${at}: a run that goes on is told words; pictures may stand in the conversation that it begins with`
  throw badRequest(message, { code: 'unsupported_content', param: at })
}

function partsOf(content: unknown, at: string): readonly Part[] {
  const parsed = contentSchema.safeParse(content)
  if (!parsed.success) {
    throw badRequest(`${at} must be a text or a list of parts`, {
      code: 'invalid_content',
      param: at,
    })
  }
  const { data } = parsed
  return typeof data === 'string' ? [{ type: 'text', text: data }] : (data ?? [])
}

function textOfPart(part: Part, at: string): string {
  const { type } = part
  if (TEXTS.has(type)) return part.text ?? ''
  if (type === 'refusal') return part.refusal ?? ''
  if (IMAGES.has(type)) {
    const url = urlOf(part)
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

function urlOf({ image_url: image }: Part): string | undefined {
  return typeof image === 'string' ? image : image?.url
}

/** Providers fetch addresses; this server never does. */
function imageOf(part: Part, at: string): string {
  const url = urlOf(part)
  if (url !== undefined && isImageUrl(url)) return url
  const param = `${at}.image_url`
  const message = `${param}: expected an https address, or data:image/TYPE;base64,…`
  throw badRequest(message, { code: 'invalid_image_url', param })
}
