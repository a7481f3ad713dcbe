// The token that the monitor wants, if it wants one: kept for this tab alone.

const TOKEN = 'warmline-token';

export function authorization() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}
