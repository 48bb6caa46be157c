-- Devices of nodes that failed again and again and get no jobs. A handful of rows a year: none is ever deleted.
create table device_quarantine (
  id bigint generated always as identity primary key,
  node text not null,
  device text not null,
  pools text not null,
  why text not null,
  since timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index device_quarantine_holds on device_quarantine (node, device) where ended_at is null;
