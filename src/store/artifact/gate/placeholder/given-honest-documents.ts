/*
 * Whole documents in other formats than prose that the gate must let through.
 */

const fence = '```'

/** Whole documents in other formats. */
export const HONEST_DOCUMENTS: readonly string[] = [
  '<!doctype html><html><head><title>Report</title><style>p{color:red}</style></head><body><h1>Report</h1><p>Text &amp; more.</p><script>const a = `${b}`; // TODO</script></body></html>',
  '<form><label>Your name</label><input placeholder="Your name"><button>Send</button></form>',
  '<h1>Report</h1><h2>Photo</h2><img alt="A chair" src="chair.png"><h2>End</h2><p>Text.</p>',
  '<p>Write <code>{{ name }}</code> or <pre>[TODO]</pre> there.</p>',
  '<my-name></my-name><p>Text in a document.</p>',
  '<ul><li>One</li><li>Two</li></ul><p>The &lt;title&gt; element is required.</p>',
  '<table><tr><th>Name</th><td>Anna</td></tr></table>',
  '<!-- header --><p>Text.</p><!-- /header -->',
  '{"name": "Anna", "tags": [], "note": "", "n": null, "ok": true}',
  '{"status": "todo", "title": "Paint the fence"}',
  '{"pattern": "^[A-Z]{3}$", "range": [0, 1]}',
  '{"body": "Use `{{ name }}` there.", "url": "https://example.org/[x]"}',
  '[1, 2, 3]',
  '[]',
  '"a text"',
  '[{"name": "name"}, {"date": "2024-01-01"}]',
  '{"todo": ["paint", "sand"], "TBD": false}',
  '{"title": "# Intro", "label": "Name:"}',
  `${fence}ts\nexport const name = \`\${first} \${last}\`\nconst style = {{ a: 1 }}\n${fence}`,
  '---\ntitle: Report\ndate: 2024-01-01\n---\n\n# Report\n\nText.',
  'name,price\nchair,20\ntable,\n',
  '\uFEFF# Title\r\n\r\nText.\r\n',
]
