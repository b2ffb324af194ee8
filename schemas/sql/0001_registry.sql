-- SPDX-License-Identifier: MIT
-- The registry: who lives where, with which devices, under which consent, and who helps. Ids are checked before they get here.

create table community (
	id text primary key,
	name text not null default ''
);

create table policy (
	id text primary key,
	accept_life_s integer not null,
	accept_alarm_s integer not null,
	accept_attention_s integer not null,
	arrive_s integer not null,
	attention_pages boolean not null
);

create table team (
	id text primary key,
	community text not null references community,
	captain text not null default '',
	desk text not null default '',
	number text not null default ''
);
create index team_community on team (community);

create table volunteer (
	id text primary key,
	team text not null references team,
	name text not null default '',
	phone text not null default '',
	day boolean not null,
	night boolean not null,
	desk boolean not null,
	weekdays smallint not null, -- bit 0 = Monday
	"order" smallint not null
);
create index volunteer_team on volunteer (team);

create table household (
	id text primary key,
	community text not null references community,
	team text not null references team,
	policy text not null references policy,
	persons smallint not null,
	canary boolean not null,
	address text not null default ''
);
create index household_community on household (community);
create index household_team on household (team);
create index household_policy on household (policy);

-- The person: no more than a helper at the door needs. Goes with the household.
create table elder (
	id text primary key,
	household text not null references household on delete cascade,
	name text not null default '',
	birth_year smallint,
	phone text not null default ''
);
create index elder_household on elder (household);

create table consent (
	household text primary key references household on delete cascade,
	quantities text[] not null, -- in the order of common/message/quantity.c
	"from" timestamptz,
	until timestamptz
);

create table device (
	id text primary key,
	household text not null references household on delete cascade,
	place text not null default '',
	handset boolean not null default false -- the household's "1" key, made by us
);
create index device_household on device (household);

-- The directory that the other services get: the latest entry of each key, numbered in the order of commits. The one row of
-- directory_state is locked until the commit of whoever takes numbers, so nobody sees a number before a lower one.
create table directory_state (
	one boolean primary key default true check (one),
	epoch bigint not null, -- ms since 1970: creation of this registry
	seq bigint not null
);
insert into directory_state (epoch, seq) values ((extract(epoch from clock_timestamp()) * 1000)::bigint, 0);

create table directory_entry (
	kind text not null,
	key text not null,
	seq bigint not null unique,
	deleted boolean not null,
	body jsonb, -- the entry's own members as on the wire; null when deleted
	primary key (kind, key)
);
create index directory_entry_kind_seq on directory_entry (kind, seq);

-- Who read personal data, when, and of whom.
create table api_audit (
	id bigint generated always as identity primary key,
	at timestamptz not null default clock_timestamp(),
	who text not null,
	method text not null,
	household text not null
);
create index api_audit_household on api_audit (household, at);
