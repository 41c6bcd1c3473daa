// Where one is, in the part of the address that no server sees.

export function go(path, query = new URLSearchParams()) {
  const text = query.toString();
  location.hash = `#/${path}${text ? `?${text}` : ""}`;
}
