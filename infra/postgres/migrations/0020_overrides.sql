-- What people said against the forecast. The number is what they name one by, so it is short.
create table override (
  id bigint generated always as identity primary key,
  pool text not null,
  kind text not null check (kind in ('pin', 'floor', 'ceiling', 'hold', 'no-scale-in')),
  count integer check (count >= 0),
  actor text not null,
  reason text not null,
  duration_ms bigint not null check (duration_ms > 0),
  -- since when it holds; of a pending one: when it was asked for
  created_at timestamptz not null default clock_timestamp(),
  -- of a pending one: until when somebody may confirm it
  expires_at timestamptz not null,
  pending boolean not null,
  confirmed_by text,
  released_at timestamptz,
  released_by text,
  -- when people heard that it ran out
  told_at timestamptz
);
-- What holds, what waits and what nobody was told of: as small as the present.
create index override_open on override (expires_at) where released_at is null and told_at is null;
create index override_pool on override (pool, id);

create table schedule_window (
  name text primary key,
  pool text not null,
  time_zone text not null,
  days text[] not null,
  dates text[] not null,
  except_dates text[] not null,
  starts text not null,
  ends text not null,
  lead_minutes integer not null,
  clause text not null check (clause in ('floor', 'ceiling', 'exactly')),
  count integer not null check (count >= 0),
  priority integer not null,
  changed_at timestamptz not null default now(),
  changed_by text not null
);

-- What was sent once and must not work twice, whichever process it reaches.
create table slack_replay (
  key text primary key,
  seen_at timestamptz not null default now()
);
create index slack_replay_age on slack_replay (seen_at);
