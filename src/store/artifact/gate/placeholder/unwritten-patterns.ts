import type { StubPattern } from './stub-patterns.ts'
import { unfilled, unfinished } from './stub.ts'

/*
 * Placeholders that a whole phrase gives away, as data: whom a letter is to, what a writer was asked
 * for, numbers in the shape of numbers, what a program or a model left out. Every pattern is linear.
 */

/** Between brackets that are no link, citation or footnote. */
const NO_LINK = '(?![(\\[:])'

/** Whom and what the text is about. */
const ADDRESSED: readonly StubPattern[] = [
  {
    pattern:
      /(?<=^[ \t>]{0,8}(?:Dear|Hi|Hello|Hey|Good (?:morning|afternoon|evening)|Sehr geehrter?|Liebe[rs]?|Hallo|Guten Tag|Chère?|Bonjour|Estimad[oa]|Querid[oa]|Hola|Gentile|Egregi[oa]|Car[oa]|Beste|Geachte) )(?:\[[^\]\n]{1,60}\](?!\()|\{[^}\n]{1,60}\}|\$[A-Za-z]\w*)/gimu,
    template: true,
    says: unfilled,
  },
  {
    pattern: new RegExp(
      `\\[(?:s?he/(?:s?he|they)(?:/they)?|(?:his|her)/(?:his|hers?|their)|him/her|pronouns?|M(?:r|s)s?\\.?/M(?:r|s)s?\\.?[^\\]\\n]{0,40})\\]${NO_LINK}`,
      'giu',
    ),
    says: unfilled,
  },
  {
    pattern: new RegExp(
      `\\[(?:specific|quantifiable|measurable)(?! to\\b)(?: [\\p{L}'’-]{1,30}){1,5}\\]${NO_LINK}`,
      'giu',
    ),
    says: unfilled,
  },
  {
    pattern: new RegExp(
      `\\[(?:#|(?:#|(?:a |the )?(?:(?:short|brief) )?(?:list|names?|summary)) of(?: [\\p{L}'’-]{1,30}){1,5})\\]${NO_LINK}`,
      'giu',
    ),
    says: unfilled,
  },
  {
    pattern: new RegExp(`\\[(?:ADD|PROVIDE|PUT) [A-Z][A-Z ,'’/&-]{2,60}\\]${NO_LINK}`, 'gu'),
    says: unfilled,
  },
  {
    pattern:
      /\[[^\]\n]{0,40}\b(?:platform|website|source|job board|site) (?:where|on which) you\b[^\]\n]{0,60}\]/giu,
    says: unfilled,
  },
  {
    pattern:
      /\[[^\]\n]{1,60} (?:einfügen|eintragen|einsetzen|ergänzen|ausfüllen|angeben)\](?!\()/giu,
    says: unfilled,
  },
  { pattern: /^[ \t>*_]{0,8}\[contents?\][ \t*_]{0,4}$/gimu, says: unfilled },
]

/** Numbers, years and places in the shape of some. */
const SHAPED: readonly StubPattern[] = [
  {
    pattern:
      /(?<![\p{L}\p{N}-])(?:(?:1[-. ])?(?:\d{3}|\(\d{3}\))[-. ]XXX[-. ]XXXX|\(?000\)?[-. ]000[-. ]0000)(?![\p{L}\p{N}-])/gu,
    says: unfilled,
  },
  {
    pattern: /(?<![\p{L}\p{N}])1[89]XX(?![\p{L}\p{N}])/gu,
    notBefore: [/^ (?:series|family|models?|range)\b/iu],
    says: unfilled,
  },
  {
    pattern: /(?<=\b(?:in|since|founded|established|until|from|by) )YYYY(?=[.,;)]|[ \t]*$)/gimu,
    notIn: /\bformat/iu,
    says: unfilled,
  },
  { pattern: /(?<=[\s(])(?:__|xx{1,3}) ?%/gu, says: unfilled },
  {
    pattern: /(?<![\p{L}\p{N}.,])[$€£¥]? ?x{1,3}(?:[.,]xxx){1,3}(?![\p{L}\p{N}])/giu,
    says: unfilled,
  },
  {
    pattern: /(?<![\p{L}\p{N}])(?:TKTK(?:TK)*|TK TK)(?![\p{L}\p{N}])|\[TK\](?![([:])/gu,
    quotable: true,
    says: unfinished,
  },
  {
    pattern:
      /\]\(\s?<?(?:(?:https?:)?\/\/(?:via\.placeholder\.com|placehold\.(?:co|it)|dummyimage\.com|placekitten\.com|lorempixel\.com)|(?:placeholder\.\w{3,4}|URL|LINK|TODO|INSERT[_-]\w{1,30})\))/gu,
    template: true,
    says: unfilled,
  },
]

const FILLERS = [
  'vestibulum\\s+ante\\s+ipsum',
  'pellentesque\\s+habitant\\s+morbi',
  'nulla\\s+facilisi',
  'ut\\s+enim\\s+ad\\s+minim\\s+veniam',
  'donec\\s+ullamcorper',
  'лорем\\s+ипсум',
].join('|')

/** What a writer, a program or a model left out. */
const LEFT_OUT: readonly StubPattern[] = [
  {
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${FILLERS})(?![\\p{L}\\p{N}])`, 'giu'),
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /(?:\.{3}|…)[ \t]?(?:the )?(?:existing|remaining|previous|unchanged|rest of(?: the)?|remainder of(?: the)?)(?: \p{L}{1,20}){0,2} (?:code|contents?|implementation|functions?|methods?|lines?|sections?|document|text|file|items|entries|paragraphs?|logic|imports?|fields|report|letter|article|chapters?)(?: \p{L}{1,20}){0,2}[ \t]?(?:\.{3}|…)/giu,
    says: unfinished,
  },
  {
    pattern:
      /^[ \t>*_]{0,8}(?:(?:write|put|type|paste|insert|add|enter) (?:the |your |a |some )?|your )(?:text|content|report|summary|introduction|description|details|conclusion|body|letter|message|paragraph|section|document|article|copy) here[ \t.!…*_]{0,8}$/gimu,
    says: unfilled,
  },
  {
    pattern:
      /(?<=[_*])(?:content|text|description|details|title|summary|body) goes here(?=[_*.])/giu,
    says: unfilled,
  },
  {
    pattern:
      /^[ \t>]{0,8}(?:content|text|copy|details|figures|images?|data) to be (?:provided|added|supplied|written|inserted|completed) by \p{L}[^.\n]{0,25}\.?[ \t]*$/gimu,
    says: unfinished,
  },
  {
    // A whole text that says that there is none.
    pattern:
      /^\s{0,20}(?:as an AI(?: language)? model,? I\b|I(?: a|['’])m (?:sorry|unable)\b[^\n]{0,20}\bI (?:can(?:no|['’])t|am unable to) (?:help|assist) with)[^\n]{0,200}\s{0,20}$(?![^])/giu,
    says: unfinished,
  },
  {
    pattern:
      /^\s{0,20}(?:sure|certainly|of course|absolutely)[!,.]? here(?:['’]s| is| are)[^\n]{0,80}:\s{0,20}$(?![^])/giu,
    says: unfinished,
  },
]

/** Phrases that give a placeholder away, beside STUB_PATTERNS. */
export const UNWRITTEN_PATTERNS: readonly StubPattern[] = [...ADDRESSED, ...SHAPED, ...LEFT_OUT]
