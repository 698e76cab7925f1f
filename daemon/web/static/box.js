// The box over HTTP: the same paths that programs use (docs/http-api.md).

export class Refused extends Error {
  constructor(status, error) {
    super(error?.text ?? `${status}`);
    this.status = status;
    this.code = error?.code ?? "";
    this.fields = error?.fields ?? {};
  }
}

export async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
  });
  const text = await answer.text();
  const told = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Refused(answer.status, told?.error);
  return told;
}

// Whether somebody must log in first, and has.
export async function session() {
  try {
    return await call("GET", "/v1/session");
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return { needs_token: false, logged_in: true };
    throw error;
  }
}
