// Where one is, in the part of the address that no server sees.

export function go(path, query = new URLSearchParams()) {
  const text = query.toString();
  location.hash = `#/${path}${text ? `?${text}` : ""}`;
}

// What is asked for, with one name set to another value, or to none; from the first part on.
export function filtered(query, name, value) {
  const next = new URLSearchParams(query);
  next.delete("cursor"); // of another list
  if (value) next.set(name, value);
  else next.delete(name);
  return next;
}
