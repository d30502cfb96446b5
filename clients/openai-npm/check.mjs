// Drives a server with the openai package the way its documentation does, and fails at the first answer that is wrong.
import assert from 'node:assert/strict';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.argv[3] ?? 'none', maxRetries: 0 });
const model = 'tiny-moe';
const messages = [{ role: 'user', content: 'It is a truth universally' }];
const greedy = { model, max_tokens: 16, temperature: 0 };

async function collect(stream, text) {
  let all = '';
  let chunks = 0;
  let usage = null;
  for await (const chunk of stream) {
    all += chunk.choices.length > 0 ? text(chunk.choices[0]) : '';
    usage = chunk.usage ?? usage;
    chunks++;
  }
  return { all, chunks, usage };
}

const checks = {
  async 'lists the model'() {
    const names = [];
    for await (const one of client.models.list()) {
      names.push(one.id);
    }
    assert.deepEqual(names, [model]);
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  async 'completes, streamed and not'() {
    const whole = await client.completions.create({ ...greedy, prompt: 'In the beginning' });
    assert.ok(whole.choices[0].text.length > 0);
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
    const parts = await collect(await client.completions.create({ ...greedy, prompt: 'In the beginning', stream: true }),
      (choice) => choice.text);
    assert.equal(parts.all, whole.choices[0].text);
    assert.ok(parts.chunks > 2);
  },

  async 'chats, streamed and not, with usage'() {
    const whole = await client.chat.completions.create({ ...greedy, messages });
    assert.equal(whole.choices[0].message.role, 'assistant');
    const parts = await collect(await client.chat.completions.create({ ...greedy, messages, stream: true,
      stream_options: { include_usage: true } }), (choice) => choice.delta.content ?? '');
    assert.equal(parts.all, whole.choices[0].message.content);
    assert.deepEqual(parts.usage, whole.usage);
  },

  async 'accumulates a stream'() {
    const runner = client.chat.completions.stream({ ...greedy, messages });
    const final = await runner.finalChatCompletion();
    assert.ok(final.choices[0].message.content.length > 0);
  },

  async 'tells log-probabilities'() {
    const chat = await client.chat.completions.create({ ...greedy, messages, logprobs: true, top_logprobs: 3 });
    const content = chat.choices[0].logprobs.content;
    assert.equal(content.length, chat.usage.completion_tokens);
    for (const entry of content) {
      assert.ok(entry.logprob <= 0);
      assert.equal(entry.top_logprobs.length, 3);
      assert.equal(entry.top_logprobs[0].token, entry.token);
    }
    const text = await client.completions.create({ ...greedy, prompt: 'In the', logprobs: 2 });
    assert.equal(text.choices[0].logprobs.tokens.length, text.usage.completion_tokens);
  },

  async 'gives several choices'() {
    const chat = await client.chat.completions.create({ model, messages, max_tokens: 12, n: 3, seed: 5 });
    assert.equal(chat.choices.length, 3);
    assert.ok(new Set(chat.choices.map((choice) => choice.message.content)).size > 1);
  },

  async 'repeats itself with a seed'() {
    const request = { model, prompt: 'In the', max_tokens: 24, temperature: 1, seed: 11 };
    const first = await client.completions.create(request);
    const second = await client.completions.create(request);
    assert.equal(first.choices[0].text, second.choices[0].text);
  },

  async 'stops at a string'() {
    const whole = await client.completions.create({ ...greedy, prompt: 'In the beginning' });
    const text = whole.choices[0].text;
    const stop = text.slice(4, 7);
    const cut = await client.completions.create({ ...greedy, prompt: 'In the beginning', stop: [stop] });
    assert.equal(cut.choices[0].text, text.slice(0, text.indexOf(stop)));
    assert.equal(cut.choices[0].finish_reason, 'stop');
  },

  async 'throws the documented errors'() {
    await assert.rejects(client.completions.create({ ...greedy, prompt: 'a', temperature: -1 }), BadRequestError);
    await assert.rejects(client.completions.create({ ...greedy, model: 'other', prompt: 'a' }), NotFoundError);
  },

  async 'leaves in the middle of a stream'() {
    const stream = await client.completions.create({ model, prompt: 'In the', max_tokens: 400, stream: true });
    for await (const _ of stream) {
      stream.controller.abort();
      break;
    }
    const after = await client.completions.create({ ...greedy, prompt: 'In the' });
    assert.ok(after.choices[0].text.length > 0);
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`ok: ${name}`);
}
