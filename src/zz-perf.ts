import { givenServer } from './server/responses/given-responses.ts'
import { Hono } from 'hono'
const mind={ async answer(){ return {parts:[{type:'text',text:'ok'}],finish:'stop',usage:{input:1,output:1,cached:0}} } }
const { app }=givenServer({script:mind})
const bodies={ input:{model:'m',input:'hello'}, tools:{model:'m',input:'hello',tools:[1,2,3].map(i=>({type:'function',name:'t'+i,parameters:{type:'object',properties:{a:{type:'string'}}}}))}, steps:{steps:[{prompt:'a'},{prompt:'b'},{prompt:'c'}]} }
const bare=new Hono(); bare.post('/v1/responses', async c=>{ const b=await c.req.json(); const a=await mind.answer(); return c.json({output_text:a.parts[0].text, b}) })
async function bench(name, app, body, n=400){ for(let i=0;i<50;i++) await (await app.request('/v1/responses',{method:'POST',body:JSON.stringify(body)})).text(); const t=performance.now(); for(let i=0;i<n;i++) await (await app.request('/v1/responses',{method:'POST',body:JSON.stringify(body)})).text(); console.log(name, ((performance.now()-t)/n).toFixed(2),'ms') }
await bench('bare', bare, bodies.input)
for (const [k,b] of Object.entries(bodies)) await bench(k, app, b)
