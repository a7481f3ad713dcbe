/** How processes agree on what of a limit falls to each: in one script, which Redis runs alone. */

/**
 * The shares of one limit are a hash: by member, until when it counts without another word, its weight, whether it lacks
 * something, and what it holds of each kind. Nobody takes what another one holds, and who has used more of a window than
 * falls to it by now goes on holding that: so that in no window more than the limit is used, whoever comes, goes or
 * grows. Half of a limit is dealt out in equal parts and half by weight, but to each at least one.
 *
 * Arguments: the member, for how many milliseconds this counts, its weight; then of each kind its limit (0 for none)
 * and how much of it is used. The result: how many members there are, whether this one lacks what falls to it by more
 * than a tenth, whether it has given what another one lacks; then its share of each kind.
 */
export const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, weight = ARGV[1], tonumber(ARGV[3])
local members, total, wanted, taken, mine = 1, weight, 0, {}, {}
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local said = {}
  for word in string.gmatch(all[at + 1], '%S+') do said[#said + 1] = tonumber(word) end
  if all[at] == me then
    mine = said
  elseif said[1] <= now then
    redis.call('HDEL', KEYS[1], all[at])
  else
    members = members + 1
    total = total + said[2]
    wanted = wanted + said[3]
    for kind = 4, #said do taken[kind] = (taken[kind] or 0) + said[kind] end
  end
end
local held, shares, gives = { now + ARGV[2], weight, 0 }, {}, 0
for kind = 4, #ARGV / 2 + 1.5 do
  local limit, used = tonumber(ARGV[2 * kind - 4]), tonumber(ARGV[2 * kind - 3])
  local fair, share = 0, 0
  if limit > 0 then
    fair = math.max(1, math.floor(limit / 2 / members + limit / 2 * weight / total))
    share = math.max(1, math.min(fair, limit - (taken[kind] or 0)))
  end
  if share < 0.9 * fair then held[3] = 1 end
  held[kind] = math.max(share, math.min(used, mine[kind] or share))
  if held[kind] < (mine[kind] or 0) and wanted > 0 then gives = 1 end
  shares[#shares + 1] = share
end
redis.call('HSET', KEYS[1], me, table.concat(held, ' '))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { members, held[3], gives, unpack(shares) }
`;

/** What is limited, each for itself: requests, tokens, requests at once. */
export interface Kind {
  /** 0 for none. */
  readonly limit: number;
  /** What of it was used and still counts. */
  readonly used: number;
}

/** What falls to a member of a limit. */
export interface Agreed {
  /** Members, this one included. */
  readonly members: number;
  /** More would fall to it, which others hold yet. */
  readonly lacks: boolean;
  /** It holds less than before, and others lack something. */
  readonly gave: boolean;
  /** Of each kind; 0 where that is not limited. */
  readonly shares: readonly number[];
}

/** The arguments of {@link SCRIPT}. */
export function asked(
  member: string,
  counts: number,
  weight: number,
  kinds: readonly Kind[],
): string[] {
  const numbers = [counts, weight, ...kinds.flatMap(({ limit, used }) => [limit, used])];
  return [member, ...numbers.map((number) => String(Math.round(number)))];
}

/** What {@link SCRIPT} answers. */
export function agreed(answer: unknown): Agreed {
  const [members = 1, lacks, gave, ...shares] = (answer as unknown[]).map(Number);
  return { members, lacks: lacks === 1, gave: gave === 1, shares };
}
