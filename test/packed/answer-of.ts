/** The text of a chat server's answer. */
export async function answerOf(server: URL, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(new URL("/v1/chat/completions", server), {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? "";
}
