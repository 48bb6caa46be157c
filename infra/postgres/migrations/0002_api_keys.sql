create table api_key (
  key_id text primary key,
  secret_sha256 text not null,
  tenant text not null,
  name text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_key_tenant on api_key (tenant);
