// What an application that knows nothing of warmline comes to with it.
export async function report(OpenAI, getPatchStatus) {
  const [origin] = process.argv.slice(2);
  const client = new OpenAI({ apiKey: 'k', baseURL: `${origin}/v1` });
  const stream = await client.chat.completions.create({
    model: 'mock-small',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  const { headers } = await (await fetch(`${origin}/echo`)).json();
  console.log(
    JSON.stringify({
      text,
      agent: new Headers(headers).get('user-agent'),
      patched: getPatchStatus().patched.map(({ kind, name, streams }) => ({ kind, name, streams })),
    }),
  );
}
