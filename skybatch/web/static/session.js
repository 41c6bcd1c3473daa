// Who is signed in: a token that all tabs share. It never stands in a URL that is kept.

const KEY = "skybatch.token";

export const token = () => localStorage.getItem(KEY);

export const keep = (text) => localStorage.setItem(KEY, text);

export const forget = () => localStorage.removeItem(KEY);

// The one-time code of the link that a terminal shows; gone from the address at once.
export function takeCode() {
  const found = /^#code=([\w-]+)$/.exec(location.hash);
  if (found === null) return null;
  history.replaceState(null, "", location.pathname);
  return found[1];
}

// The token that a code stands for; `null` when it is used up, or too old.
export async function exchange(code) {
  const answer = await fetch("/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  return answer.ok ? (await answer.json()).token : null;
}
