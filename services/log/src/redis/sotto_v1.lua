#!lua name=sotto_v1
-- The log of Sotto in Redis: one function library that every replica loads, in whatever language it is written (design
-- section 7). Redis >= 7.0 and Valkey >= 8.
--
-- Rules
--  * What a function does under its name never changes. Another behaviour is another library, sotto_v2, beside this one,
--    so that a rolling upgrade can mix. Replicas compare the code without whole-line comments, blank lines and indentation.
--  * A Lua error does not undo what was written before it. So everything is checked before the first write, and the first
--    write is the one that Redis itself may still refuse.
--  * Every key comes in through KEYS, and all keys of a call lie in one slot (see keys.ts for the names).
--  * Limits and the time come in through ARGV: replicas own them, and a replica's clock is the only clock.
--  * Arrays are encoded by position. Integers in ARGV are decimal text; ids, hashes and envelopes are bytes as they are.
--  * A refusal is {code} or {code, detail} with a code of errors.json; success is {'ok', ...}.
--
-- What lies under the keys
--  room         hash    head, epoch, commit (whole hash), commit_at, commit_seq, messages (since the commit), membership (hash), due
--  log          stream  id 0-<seq>: d digest, t ms, k kind, i message id, e envelope, always in this order
--  ids          hash    message id -> seq
--  writers      hash    device -> "<device seq> " and the digest of its last envelope
--  members      hash    account -> "<role> <since> <until> <cursor>"; role - and until for who has left, else until 0
--  statements   zset    score and member seq, for each entry of kind 2 and 3 (a stream would take 4 KB in every small room)
--  checkpoints  zset    score n, member "<n>:" and the chain hash
--  wraps        hash    recipient device -> key id (16 bytes) and wrap; one key per epoch, and one per commit that is on its way
--  staged       zset    score ms, member message id and committing device: the commits of a room that are on their way
--  invite       string  room id (16 bytes) and the end in ms
--  rooms        set     the rooms of a shard that an account is or was in
--  account      hash    chain (length of its key chain); at home also handle (sealed), method, auth, wrapped
--  devices      hash    device -> 1 live or 0 revoked, and at home its public key behind that byte
--  chain        list    statements: u32 big-endian length of the bytes, the bytes, the signature
--  handle       string  account
--  backup       zset    score 0, member name, a zero byte and the sealed item
--  pending      hash    account -> chain length that the other shards have yet to learn
--  bus          stream  id 0-<n>, dense: r room, s seq
--  store        hash    generation, shards

-- 32 zero bytes, spelt out: string.rep is out of reach while a library is loaded.
local NO_HASH = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

local function need(condition, what)
  if not condition then error('sotto_v1: ' .. what, 0) end
end

local function integer(text)
  local n = tonumber(text)
  need(n and n >= 0 and n <= 9007199254740991 and n == math.floor(n), 'an integer was expected')
  return n
end

local function sized(bytes, length)
  need(bytes and #bytes == length, length .. ' bytes were expected')
  return bytes
end

-- tostring() would write 1e+15.
local function text(n)
  return string.format('%.0f', n)
end

local function id_of(seq)
  return '0-' .. text(seq)
end

--------------------------------------------------------------------------------------------------------- entries

-- {seq, ms, envelope, digest}
local function entry_of(item)
  local fields = item[2]
  return { integer(string.sub(item[1], 3)), integer(fields[4]), fields[10], fields[2] }
end

local function entry_at(log, seq)
  local items = redis.call('XRANGE', log, id_of(seq), id_of(seq))
  need(items[1], 'the log has no entry ' .. text(seq))
  return entry_of(items[1])
end

-- Digests of from .. to. In pieces: XRANGE brings the envelopes too.
local function digests_between(log, from, to)
  local out = {}
  while from <= to do
    local items = redis.call('XRANGE', log, id_of(from), id_of(to), 'COUNT', 64)
    for _, item in ipairs(items) do out[#out + 1] = item[2][2] end
    if #items < 64 then break end
    from = from + 64
  end
  return out
end

--------------------------------------------------------------------------------------------------------- admission

-- KEYS of every append: 1 room, 2 log, 3 ids, 4 writers, 5 members, 6 statements, 7 bus, 8 devices of the sender.
-- ARGV of every append: 1 room id, 2 message id, 3 digest, 4 envelope, 5 kind, 6 epoch, 7 first half of the commit hash,
--   8 account, 9 device, 10 device sequence, 11 previous digest, 12 signature valid (1 or 0), 13 now in ms,
--   14 the replica's position, 15 most digests to answer with, 16 bus length, 17 messages of an epoch, 18 age of an epoch in ms.
-- Answers {'ok', seq, ms, 1 where it was there before, {digests of position + 1 .. seq}} or a refusal. No digests where there
--   would be more than ARGV 15: a call may not hold up all others.
local function request_of(keys, args)
  need(#keys >= 8, '8 keys were expected')
  return {
    room_key = keys[1], log = keys[2], ids = keys[3], writers = keys[4], members = keys[5], statements = keys[6],
    bus = keys[7], devices = keys[8],
    room = sized(args[1], 16), id = sized(args[2], 16), digest = sized(args[3], 32), envelope = args[4],
    kind = integer(args[5]), epoch = integer(args[6]), commit = sized(args[7], 16),
    account = sized(args[8], 16), device = sized(args[9], 16), device_seq = integer(args[10]),
    previous = sized(args[11], 32), signature_valid = args[12] == '1', now = integer(args[13]),
    position = integer(args[14]), digests_max = integer(args[15]), bus_length = integer(args[16]),
    epoch_messages = integer(args[17]), epoch_age = integer(args[18]),
  }
end

local function room_of(key)
  local v = redis.call('HMGET', key, 'head', 'epoch', 'commit', 'commit_at', 'messages', 'membership', 'due')
  if not v[1] then return nil end
  return {
    head = integer(v[1]), epoch = integer(v[2]), commit = v[3], commit_at = integer(v[4]),
    messages = integer(v[5]), membership = v[6], due = v[7] == '1',
  }
end

local function member_of(members, account)
  local value = redis.call('HGET', members, account)
  if not value then return nil end
  local role, since, till, cursor = string.match(value, '^(%S+) (%d+) (%d+) (%d+)$')
  need(role, 'a member is stored in another form')
  return { role = role, since = integer(since), till = integer(till), cursor = integer(cursor) }
end

local function put_member(members, account, m)
  local value = m.role .. ' ' .. text(m.since) .. ' ' .. text(m.till) .. ' ' .. text(m.cursor)
  redis.call('HSET', members, account, value)
end

local function is_member(members, account)
  local member = member_of(members, account)
  return member ~= nil and member.role ~= '-'
end

local function digests_up_to(r, seq)
  if seq - r.position > r.digests_max then return {} end
  return digests_between(r.log, r.position + 1, seq)
end

local function first_ack(r)
  local seq = redis.call('HGET', r.ids, r.id)
  if not seq then return nil end
  local entry = entry_at(r.log, integer(seq))
  if entry[4] ~= r.digest then return { 'id_reused' } end
  return { 'ok', entry[1], entry[2], 1, digests_up_to(r, entry[1]) }
end

local function judge_sender(r, effect)
  if not effect.creates and not is_member(r.members, r.account) then
    if not effect.joins_by then return { 'not_member' } end
    local invite = redis.call('GET', effect.joins_by)
    local live = invite and string.sub(invite, 1, 16) == r.room and integer(string.sub(invite, 17)) >= r.now
    if not live then return { 'invite_invalid' } end
  end
  local device = redis.call('HGET', r.devices, r.device)
  if not device then return { 'unknown_device' } end
  if string.sub(device, 1, 1) ~= '1' then return { 'device_revoked' } end
  return nil
end

local KIND_MESSAGE, KIND_COMMIT, KIND_MEMBERSHIP, KIND_HISTORY = 1, 2, 3, 4

local function judge_epoch(r, room)
  if r.kind == KIND_COMMIT then return nil end
  local epoch = room and room.epoch or 0
  if r.epoch ~= epoch or r.commit ~= string.sub(room and room.commit or NO_HASH, 1, 16) then
    return { 'epoch_stale', 'the epoch in force is ' .. text(epoch) }
  end
  if r.kind ~= KIND_MESSAGE then return nil end
  if room.due then return { 'epoch_stale', 'a new epoch is due' } end
  if room.messages >= r.epoch_messages then return { 'epoch_stale', 'the epoch has had its messages' } end
  -- An unused epoch does not grow old: a quiet room need not renew its keys before its first message.
  if room.messages > 0 and r.now - room.commit_at > r.epoch_age then return { 'epoch_stale', 'the epoch is old' } end
  return nil
end

local function judge_sequence(r)
  local last = redis.call('HGET', r.writers, r.device)
  local seq, digest = 0, NO_HASH
  if last then
    local space = string.find(last, ' ', 1, true)
    seq, digest = integer(string.sub(last, 1, space - 1)), string.sub(last, space + 1)
  end
  if r.device_seq ~= seq + 1 then return { 'sequence_gap', 'the next is ' .. text(seq + 1) } end
  if r.previous ~= digest then return { 'sequence_gap', 'the previous envelope is another one' } end
  return nil
end

local function write_entry(r, room, seq)
  -- First of all: ids only grow, so Redis refuses it where the counter has fallen behind its log, and nothing is written.
  redis.call('XADD', r.log, id_of(seq), 'd', r.digest, 't', text(r.now), 'k', text(r.kind), 'i', r.id, 'e', r.envelope)
  if not room then
    redis.call('HSET', r.room_key, 'epoch', 0, 'commit', NO_HASH, 'commit_at', 0, 'commit_seq', 0, 'messages', 0,
      'membership', NO_HASH, 'due', 0)
  end
  local messages = room and room.messages or 0
  if r.kind == KIND_MESSAGE then messages = messages + 1 end
  redis.call('HSET', r.room_key, 'head', text(seq), 'messages', text(messages))
  redis.call('HSET', r.ids, r.id, text(seq))
  redis.call('HSET', r.writers, r.device, text(r.device_seq) .. ' ' .. r.digest)
  if r.kind == KIND_COMMIT or r.kind == KIND_MEMBERSHIP then
    redis.call('ZADD', r.statements, text(seq), text(seq))
  end
  -- pcall: a wake-up may be lost, an append may not. Trimmed by whole nodes: who falls behind compares heads.
  redis.pcall('XADD', r.bus, 'MAXLEN', '~', text(r.bus_length), '0-*', 'r', r.room, 's', text(seq))
end

-- The order of the checks is the port's (store.ts): the same envelope gets the same refusal from every store.
local function append(r, effect)
  local again = first_ack(r)
  if again then return again end
  local room = room_of(r.room_key)
  if not room and not effect.creates then return { 'unknown_room' } end
  if room and effect.creates then return { 'bad_envelope', 'the room exists' } end
  local refusal = judge_sender(r, effect) or judge_epoch(r, room) or effect.judge(r, room) or judge_sequence(r)
  if refusal then return refusal end
  if not r.signature_valid then return { 'bad_signature' } end
  local seq = (room and room.head or 0) + 1
  write_entry(r, room, seq)
  effect.write(r, seq)
  return { 'ok', seq, r.now, 0, digests_up_to(r, seq) }
end

local function nothing() return nil end

local function append_message(keys, args)
  local r = request_of(keys, args)
  need(r.kind == KIND_MESSAGE, 'kind 1 was expected')
  return append(r, { judge = nothing, write = nothing })
end

-- ARGV: 19 the account that history is granted to, 20 its new first sequence.
local function append_history(keys, args)
  local r = request_of(keys, args)
  need(r.kind == KIND_HISTORY, 'kind 4 was expected')
  local to, since = sized(args[19], 16), integer(args[20])
  return append(r, {
    judge = function()
      if is_member(r.members, to) then return nil end
      return { 'not_member', 'the receiver' }
    end,
    write = function()
      local member = member_of(r.members, to)
      member.since = math.min(member.since, since)
      put_member(r.members, to, member)
    end,
  })
end

-- ARGV: 19 the statement's link, 20 creates the room, 21 makes an epoch due, 22 count of member changes, 23 count of invite
--   changes, 24 joins by an invite; then per member account, role ("" leaves); then per invite its end in ms ("" removes it).
-- KEYS: 9 ... rooms of each account that changes, then invite of each invite that changes, then the invite joined by.
local function append_membership(keys, args)
  local r = request_of(keys, args)
  need(r.kind == KIND_MEMBERSHIP, 'kind 3 was expected')
  local link, due = sized(args[19], 32), args[21] == '1'
  local member_count, invite_count = integer(args[22]), integer(args[23])
  local joins = args[24] == '1'
  need(#keys == 8 + member_count + invite_count + (joins and 1 or 0), 'other keys were expected')
  need(#args == 24 + 2 * member_count + invite_count, 'other arguments were expected')
  local members, invites = {}, {}
  for i = 1, member_count do
    local account, role = sized(args[23 + 2 * i], 16), args[24 + 2 * i]
    need(role == '' or role == 'owner' or role == 'admin' or role == 'member', 'a role was expected')
    members[i] = { account = account, role = role, rooms = keys[8 + i] }
  end
  for i = 1, invite_count do
    local ends = args[24 + 2 * member_count + i]
    invites[i] = { key = keys[8 + member_count + i], ends = ends ~= '' and integer(ends) or nil }
  end
  return append(r, {
    creates = args[20] == '1',
    joins_by = joins and keys[#keys] or nil,
    judge = function(_, room)
      if link == (room and room.membership or NO_HASH) then return nil end
      return { 'membership_stale' }
    end,
    write = function(_, seq)
      redis.call('HSET', r.room_key, 'membership', r.digest)
      if due then redis.call('HSET', r.room_key, 'due', 1) end
      for _, change in ipairs(members) do
        local member = member_of(r.members, change.account)
        local present = member and member.role ~= '-'
        if change.role ~= '' then
          -- Somebody who comes back begins anew: what was said meanwhile stays closed.
          local since = present and member.since or seq
          local cursor = member and member.cursor or 0
          put_member(r.members, change.account, { role = change.role, since = since, till = 0, cursor = cursor })
          redis.call('SADD', change.rooms, r.room)
        elseif present then
          member.role, member.till = '-', seq
          put_member(r.members, change.account, member)
        end
      end
      for _, change in ipairs(invites) do
        local stands = redis.call('GET', change.key)
        if change.ends and not stands then redis.call('SET', change.key, r.room .. text(change.ends)) end
        if not change.ends and stands and string.sub(stands, 1, 16) == r.room then redis.call('DEL', change.key) end
      end
    end,
  })
end

-- ARGV: 19 the epoch that it makes, 20 previous commit's hash, 21 membership hash, 22 count of recipients; then per account its
--   chain length that the wraps were checked against.
-- KEYS: 9 wraps of this commit, 10 staged, 11 wraps of the new epoch, 12 ... account of each chain.
local function append_commit(keys, args)
  local r = request_of(keys, args)
  need(r.kind == KIND_COMMIT, 'kind 2 was expected')
  local epoch, previous, membership, count = integer(args[19]), sized(args[20], 32), sized(args[21], 32), integer(args[22])
  need(#keys >= 11 and #keys - 11 == #args - 22, 'other keys were expected')
  local lengths = {}
  for i = 23, #args do lengths[i - 22] = integer(args[i]) end
  local own, staged, wraps = keys[9], keys[10], keys[11]
  local place = r.id .. r.device
  return append(r, {
    judge = function(_, room)
      if epoch ~= room.epoch + 1 or previous ~= room.commit then return { 'commit_stale' } end
      if membership ~= room.membership then return { 'membership_stale' } end
      for i, length in ipairs(lengths) do
        local stored = redis.call('HGET', keys[11 + i], 'chain')
        if not stored or integer(stored) ~= length then return { 'keys_stale' } end
      end
      local ready = redis.call('ZSCORE', staged, place) and redis.call('HLEN', own) or 0
      if ready ~= count then return { 'wraps_missing' } end
      return nil
    end,
    write = function(_, seq)
      redis.call('HSET', r.room_key, 'epoch', text(epoch), 'commit', r.digest, 'commit_at', text(r.now),
        'commit_seq', text(seq), 'messages', 0, 'due', 0)
      if count == 0 then return end
      redis.call('RENAME', own, wraps)
      redis.call('PERSIST', wraps)
      redis.call('ZREM', staged, place)
    end,
  })
end

--------------------------------------------------------------------------------------------------------- reading rooms

-- KEYS: log. ARGV: from, most entries, most bytes of envelopes. Stops before the entry that would pass them, but never before
--   the first, so that a reader always moves on. Answers entries.
local function read_entries(keys, args)
  local from, limit, max_bytes = integer(args[1]), integer(args[2]), integer(args[3])
  local out, bytes = {}, 0
  while #out < limit do
    local asked = math.min(32, limit - #out)
    local items = redis.call('XRANGE', keys[1], id_of(from), '+', 'COUNT', asked)
    for _, item in ipairs(items) do
      local entry = entry_of(item)
      bytes = bytes + #entry[3]
      if #out > 0 and bytes > max_bytes then return out end
      out[#out + 1] = entry
    end
    if #items < asked then break end
    from = from + asked
  end
  return out
end

-- KEYS: log. ARGV: from, to. Answers digests.
local function read_digests(keys, args)
  return digests_between(keys[1], integer(args[1]), integer(args[2]))
end

-- KEYS: log, statements. ARGV: after, most entries. Answers entries of kind 2 and 3.
local function read_statements(keys, args)
  local after, limit = '(' .. text(integer(args[1])), integer(args[2])
  local out = {}
  for i, seq in ipairs(redis.call('ZRANGE', keys[2], after, '+inf', 'BYSCORE', 'LIMIT', 0, limit)) do
    out[i] = entry_at(keys[1], integer(seq))
  end
  return out
end

-- KEYS: checkpoints. ARGV: n, chain hash. Answers the hash that stands at n.
local function set_checkpoint(keys, args)
  local n, chain = integer(args[1]), sized(args[2], 32)
  local standing = redis.call('ZRANGE', keys[1], text(n), text(n), 'BYSCORE')
  if standing[1] then return string.sub(standing[1], -32) end
  redis.call('ZADD', keys[1], text(n), text(n) .. ':' .. chain)
  return chain
end

-- KEYS: members. ARGV: account, seq. Never lowers a cursor.
local function set_cursor(keys, args)
  local account, seq = sized(args[1], 16), integer(args[2])
  local member = member_of(keys[1], account)
  if not member or member.cursor >= seq then return 0 end
  member.cursor = seq
  put_member(keys[1], account, member)
  return 1
end

--------------------------------------------------------------------------------------------------------- wraps

-- KEYS: wraps of this commit, staged. ARGV: message id and committing device (32 bytes), now in ms, kept for ms; then per wrap
--   the recipient device, its key id and wrap. What is older than that counts as dropped at once (it leaves `staged`); Redis
--   frees it by its own clock, which is why that is given twice the time.
local function stage_wraps(keys, args)
  local place, now, kept = sized(args[1], 32), integer(args[2]), integer(args[3])
  need(#args > 3 and #args % 2 == 1, 'pairs were expected')
  for i = 4, #args, 2 do sized(args[i], 16) end
  redis.call('ZREMRANGEBYSCORE', keys[2], '-inf', '(' .. text(math.max(0, now - kept)))
  if not redis.call('ZSCORE', keys[2], place) then redis.call('DEL', keys[1]) end
  redis.call('ZADD', keys[2], text(now), place)
  for i = 4, #args, 2 do redis.call('HSET', keys[1], args[i], args[i + 1]) end
  redis.call('PEXPIRE', keys[1], text(2 * kept))
  redis.call('PEXPIRE', keys[2], text(2 * kept))
  return (#args - 3) / 2
end

-- KEYS: wraps of this commit, staged. ARGV: message id and committing device. Answers device, key id and wrap, in pairs.
local function staged_wraps(keys, args)
  if not redis.call('ZSCORE', keys[2], sized(args[1], 32)) then return {} end
  return redis.call('HGETALL', keys[1])
end

--------------------------------------------------------------------------------------------------------- accounts

local function live_value(spki) return '1' .. spki end

-- One change of a device: {'add', device, public key}, {'revoke', device, ''}. Refuses by error before any write what a
-- replica that checked the statement never asks for.
local function check_device(devices, kind, device)
  sized(device, 16)
  need(kind == 'add' or kind == 'revoke', 'add or revoke was expected')
  need(kind == 'revoke' or redis.call('HEXISTS', devices, device) == 0, 'the device is there already')
end

local function change_device(devices, kind, device, spki)
  if kind == 'add' then
    redis.call('HSET', devices, device, live_value(spki))
    return
  end
  local value = redis.call('HGET', devices, device)
  if value then redis.call('HSET', devices, device, '0' .. string.sub(value, 2)) end
end

local function check_item_name(name)
  -- The zero byte ends the name in the sorted set; the byte after it bounds ranges.
  need(name and #name > 0 and not string.find(name, '[%z\1]'), 'a backup item without such a name')
end

local function put_item(backup, name, sealed)
  local old = redis.call('ZRANGE', backup, '[' .. name .. '\0', '(' .. name .. '\1', 'BYLEX')
  for _, member in ipairs(old) do redis.call('ZREM', backup, member) end
  redis.call('ZADD', backup, 0, name .. '\0' .. sealed)
end

-- KEYS: account, devices, chain, handle, backup, pending. ARGV: 1 account, 2 sealed handle, 3 backup method, 4 authentication
--   hash, 5 wrapped backup key, 6 other shards must learn of it (1 or 0), 7 count of statements, 8 of device changes, 9 of
--   items; then statements; then per change kind, device, public key; then per item name, sealed. All or nothing.
local function create_account(keys, args)
  local account, statements, changes, items = sized(args[1], 16), integer(args[7]), integer(args[8]), integer(args[9])
  need(#keys == 6, '6 keys were expected')
  need(#args == 9 + statements + 3 * changes + 2 * items, 'other arguments were expected')
  if redis.call('EXISTS', keys[1]) == 1 then return { 'chain_stale', 'the account exists' } end
  if redis.call('EXISTS', keys[4]) == 1 then return { 'handle_taken' } end
  local first_change, first_item = 10 + statements, 10 + statements + 3 * changes
  for i = first_change, first_item - 1, 3 do check_device(keys[2], args[i], args[i + 1]) end
  for i = first_item, #args, 2 do check_item_name(args[i]) end
  redis.call('HSET', keys[1], 'chain', text(statements), 'handle', args[2], 'method', args[3], 'auth', args[4],
    'wrapped', args[5])
  redis.call('SET', keys[4], account)
  for i = 10, first_change - 1 do redis.call('RPUSH', keys[3], args[i]) end
  for i = first_change, first_item - 1, 3 do change_device(keys[2], args[i], args[i + 1], args[i + 2]) end
  for i = first_item, #args, 2 do put_item(keys[5], args[i], args[i + 1]) end
  if args[6] == '1' then redis.call('HSET', keys[6], account, text(statements)) end
  return { 'ok' }
end

-- KEYS: account, devices, chain, pending. ARGV: 1 account, 2 position of the statement, 3 statement, 4 other shards must learn
--   of it (1 or 0), 5 add, revoke or none, 6 device, 7 public key.
local function extend_chain(keys, args)
  local account, seq, kind = sized(args[1], 16), integer(args[2]), args[5]
  local length = redis.call('HGET', keys[1], 'chain')
  if not length then return { 'unknown_account' } end
  if integer(length) + 1 ~= seq then return { 'chain_stale', 'the next is ' .. text(integer(length) + 1) } end
  if kind ~= 'none' then check_device(keys[2], kind, args[6]) end
  redis.call('HSET', keys[1], 'chain', text(seq))
  redis.call('RPUSH', keys[3], args[3])
  if kind ~= 'none' then change_device(keys[2], kind, args[6], args[7]) end
  if args[4] == '1' then redis.call('HSET', keys[4], account, text(seq)) end
  return { 'ok' }
end

-- In a shard that is not the account's home. KEYS: account, devices. ARGV: chain length; then per device its id, 1 or 0.
--   An older state than the known one changes nothing.
local function learn_account(keys, args)
  local length = integer(args[1])
  local known = redis.call('HGET', keys[1], 'chain')
  if known and integer(known) > length then return 0 end
  for i = 2, #args, 2 do
    sized(args[i], 16)
    need(args[i + 1] == '1' or args[i + 1] == '0', '1 or 0 was expected')
  end
  redis.call('HSET', keys[1], 'chain', text(length))
  for i = 2, #args, 2 do redis.call('HSET', keys[2], args[i], args[i + 1]) end
  return 1
end

-- KEYS: pending. ARGV: account, chain length that every shard has learnt.
local function account_learnt(keys, args)
  if redis.call('HGET', keys[1], args[1]) ~= args[2] then return 0 end
  return redis.call('HDEL', keys[1], args[1])
end

-- KEYS: backup. ARGV: per item name, sealed.
local function put_backup_items(keys, args)
  for i = 1, #args, 2 do check_item_name(args[i]) end
  for i = 1, #args, 2 do put_item(keys[1], args[i], args[i + 1]) end
  return #args / 2
end

--------------------------------------------------------------------------------------------------------- the store

-- KEYS: store. ARGV: generation and count of shards for a store that is not born yet. Answers those that stand.
local function give_birth(keys, args)
  integer(args[2])
  if redis.call('EXISTS', keys[1]) == 0 then
    redis.call('HSET', keys[1], 'generation', args[1], 'shards', args[2])
  end
  return redis.call('HMGET', keys[1], 'generation', 'shards')
end

redis.register_function('sotto_v1_append_message', append_message)
redis.register_function('sotto_v1_append_history', append_history)
redis.register_function('sotto_v1_append_membership', append_membership)
redis.register_function('sotto_v1_append_commit', append_commit)
redis.register_function('sotto_v1_set_checkpoint', set_checkpoint)
redis.register_function('sotto_v1_set_cursor', set_cursor)
redis.register_function('sotto_v1_stage_wraps', stage_wraps)
redis.register_function('sotto_v1_create_account', create_account)
redis.register_function('sotto_v1_extend_chain', extend_chain)
redis.register_function('sotto_v1_learn_account', learn_account)
redis.register_function('sotto_v1_account_learnt', account_learnt)
redis.register_function('sotto_v1_put_backup_items', put_backup_items)
redis.register_function('sotto_v1_give_birth', give_birth)

-- Called through FCALL_RO.
local function register_reader(name, callback)
  redis.register_function({ function_name = name, callback = callback, flags = { 'no-writes' } })
end
register_reader('sotto_v1_read_entries', read_entries)
register_reader('sotto_v1_read_digests', read_digests)
register_reader('sotto_v1_read_statements', read_statements)
register_reader('sotto_v1_staged_wraps', staged_wraps)
