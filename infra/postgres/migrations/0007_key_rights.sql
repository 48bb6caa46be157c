-- Older keys could submit, read, cancel and erase jobs: as submitters they still can, and nothing else.
alter table api_key
  add column role text not null default 'submitter' check (role in ('viewer', 'submitter', 'operator', 'admin')),
  -- task names; none = all
  add column scopes text[] not null default '{}',
  -- a key id, or `cli` and the name of a user; null = before this was kept
  add column created_by text,
  -- the key whose place it takes
  add column rotated_from text references api_key (key_id);
-- One successor a key: of two rotations at once the second fails.
create unique index api_key_rotated_from on api_key (rotated_from) where rotated_from is not null;
