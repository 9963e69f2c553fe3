// Makes the vectors that the calendar tests compare with: random repetitions as two other programs read them, and random calendars as
// one does. The same seed makes the same files.
//   cd eng/calendars && npm install && node vectors.mjs
// Another seed, to look for differences without keeping the files: node vectors.mjs 4711 /tmp/vectors
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import ICAL from 'ical.js';
import rrule from 'rrule';

const seed = Number(process.argv[2] ?? 20261121);
const folder = process.argv[3] ?? join(dirname(fileURLToPath(import.meta.url)), '../../tests/Tocsin.Core.Tests/OnCall/Ical/Vectors');

let state = seed >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const whole = (least, most) => least + Math.floor(random() * (most - least + 1));
const chance = p => random() < p;
const pick = list => list[whole(0, list.length - 1)];
const some = (list, most) => [...new Set(Array.from({ length: whole(1, most) }, () => pick(list)))];
const days = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const pad = (n, width = 2) => String(n).padStart(width, '0');
const stamp = d => `${pad(d.getUTCFullYear(), 4)}${pad(d.getUTCMonth() + 1)}${pad(d.getUTCDate())}T${pad(d.getUTCHours())}${pad(d.getUTCMinutes())}00`;

function randomRule(freq = pick(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'])) {
  const parts = [`FREQ=${freq}`];
  if (chance(0.5)) parts.push(`INTERVAL=${freq === 'YEARLY' ? whole(1, 4) : whole(1, 13)}`);
  if (chance(freq === 'YEARLY' ? 0.6 : 0.25)) parts.push(`BYMONTH=${some([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 5).join(',')}`);
  const byDay = chance(0.55);
  const byMonthDay = freq !== 'WEEKLY' && chance(byDay ? 0.15 : 0.5);
  if (byDay) {
    const ordinals = freq === 'MONTHLY' || freq === 'YEARLY';
    parts.push(`BYDAY=${some(days, 4).map(day => (ordinals && chance(0.5) ? `${pick([-2, -1, 1, 2, 3, 4, 5])}${day}` : day)).join(',')}`);
  }
  if (byMonthDay) parts.push(`BYMONTHDAY=${some([-31, -3, -2, -1, 1, 2, 5, 13, 15, 28, 29, 30, 31], 5).join(',')}`);
  // Not in weeks: one of the two leaves it out there, the other counts the first week from its first time on.
  if ((byDay || byMonthDay) && (freq === 'MONTHLY' || freq === 'YEARLY') && chance(0.3)) parts.push(`BYSETPOS=${some([-2, -1, 1, 2, 3], 2).join(',')}`);
  if (chance(0.4)) parts.push(`WKST=${pick(days)}`);
  return parts.join(';');
}

const briefly = work => {
  globalThis.work = work;
  return vm.runInThisContext('work()', { timeout: 200 });
};

const occurrencesOf = {
  rrule(rule, start, most) {
    const set = new rrule.RRule({ ...rrule.RRule.parseString(rule), dtstart: start });
    const found = [];
    set.all((date, i) => (i < most ? found.push(stamp(date)) && date.getUTCFullYear() < 2045 : false));
    return found.slice(0, most);
  },
  ical(rule, start, most) {
    const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(start.toISOString().slice(0, 19)));
    const found = [];
    for (let next = iterator.next(); next && found.length < most && next.year < 2045; next = iterator.next()) {
      found.push(stamp(new Date(Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute))));
    }
    return found;
  },
};

const rules = [];
let disagreements = 0;
while (rules.length < 600) {
  const rule = randomRule();
  const from = new Date(Date.UTC(whole(2015, 2028), whole(0, 11), whole(1, 28), whole(0, 23), pick([0, 15, 30, 45])));
  const first = new rrule.RRule({ ...rrule.RRule.parseString(rule), dtstart: from }).after(from, true);
  if (!first || first.getUTCFullYear() > 2035) continue;
  let bounded = rule;
  if (chance(0.3)) bounded += `;COUNT=${whole(1, 25)}`;
  else if (chance(0.4)) bounded += `;UNTIL=${stamp(new Date(first.getTime() + whole(0, 2000) * 86400000))}Z`;
  const one = occurrencesOf.rrule(bounded, first, 20);
  // It names a day twice that two positions pick.
  if (new Set(one).size !== one.length) continue;
  let two = null;
  try { two = briefly(() => occurrencesOf.ical(bounded, first, 20)); } catch { /* It refuses some rules, and never ends with others. */ }
  const least = Math.min(one.length, two?.length ?? 0);
  const same = two !== null && JSON.stringify(one.slice(0, least)) === JSON.stringify(two.slice(0, least)) && (one.length === two.length || least >= 19);
  // With a position from the end beyond the first day, rrule takes the first.
  if (!same && bounded.includes('BYSETPOS=')) continue;
  if (!same) disagreements++;
  rules.push({ rule: bounded, start: stamp(first), times: one, both: same });
}

// Whole calendars. The rules of the two zones have been the same since 2007.
const zones = {
  'Europe/Berlin': ['+0100', '+0200', 'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', '020000', 'FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', '030000'],
  'W. Europe Standard Time': ['+0100', '+0200', 'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', '020000', 'FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', '030000'],
  'America/New_York': ['-0500', '-0400', 'FREQ=YEARLY;BYMONTH=3;BYDAY=2SU', '020000', 'FREQ=YEARLY;BYMONTH=11;BYDAY=1SU', '020000'],
  'Eastern Standard Time': ['-0500', '-0400', 'FREQ=YEARLY;BYMONTH=3;BYDAY=2SU', '020000', 'FREQ=YEARLY;BYMONTH=11;BYDAY=1SU', '020000'],
};
const zoneText = id => {
  const [standard, summer, toSummer, summerAt, toStandard, standardAt] = zones[id];
  return ['BEGIN:VTIMEZONE', `TZID:${id}`,
    'BEGIN:DAYLIGHT', `TZOFFSETFROM:${standard}`, `TZOFFSETTO:${summer}`, `DTSTART:20070101T${summerAt}`, `RRULE:${toSummer}`, 'END:DAYLIGHT',
    'BEGIN:STANDARD', `TZOFFSETFROM:${summer}`, `TZOFFSETTO:${standard}`, `DTSTART:20070101T${standardAt}`, `RRULE:${toStandard}`, 'END:STANDARD',
    'END:VTIMEZONE'];
};

function randomCalendar() {
  const zone = pick(Object.keys(zones));
  const allDay = chance(0.25);
  const freq = pick(['DAILY', 'WEEKLY', 'WEEKLY', 'MONTHLY']);
  const rule = randomRule(freq) + (chance(0.5) ? `;COUNT=${whole(3, 40)}` : '');
  const from = new Date(Date.UTC(whole(2024, 2026), whole(0, 11), whole(1, 28), allDay ? 0 : whole(4, 23), allDay ? 0 : pick([0, 30])));
  const first = new rrule.RRule({ ...rrule.RRule.parseString(rule), dtstart: from }).after(from, true);
  if (!first || first.getUTCFullYear() > 2026) return null;
  // A calendar is only worth comparing where both programs read its repetition alike.
  try {
    if (JSON.stringify(occurrencesOf.rrule(rule, first, 60)) !== JSON.stringify(briefly(() => occurrencesOf.ical(rule, first, 60)))) return null;
  } catch { return null; }
  const at = d => (allDay ? stamp(d).slice(0, 8) : stamp(d));
  const kind = allDay ? ';VALUE=DATE' : `;TZID=${zone}`;
  const times = occurrencesOf.rrule(rule, first, 40).map(t => new Date(Date.UTC(+t.slice(0, 4), +t.slice(4, 6) - 1, +t.slice(6, 8), +t.slice(9, 11), +t.slice(11, 13))));
  const length = allDay ? whole(1, 7) * 86400000 : whole(1, 96) * 1800000;
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//EN', ...zoneText(zone),
    'BEGIN:VEVENT', 'UID:main@example', `DTSTART${kind}:${at(first)}`, `DTEND${kind}:${at(new Date(first.getTime() + length))}`, `RRULE:${rule}`, 'SUMMARY:On call'];
  const gone = times.slice(1).filter(() => chance(0.12)).slice(0, 4);
  if (gone.length > 0) lines.push(`EXDATE${kind}:${gone.map(at).join(',')}`);
  const extra = chance(0.3) ? [new Date(first.getTime() + whole(3, 200) * 86400000 + (allDay ? 0 : 3600000))] : [];
  if (extra.length > 0) lines.push(`RDATE${kind}:${extra.map(at).join(',')}`);
  lines.push('END:VEVENT');
  const moved = times.slice(1).filter(t => !gone.includes(t) && chance(0.1)).slice(0, 2);
  for (const time of moved) {
    const to = new Date(time.getTime() + whole(-2, 2) * 86400000 + (allDay ? 0 : whole(1, 3) * 1800000));
    if (!allDay && to.getUTCHours() < 4) continue;
    lines.push('BEGIN:VEVENT', 'UID:main@example', `RECURRENCE-ID${kind}:${at(time)}`, `DTSTART${kind}:${at(to)}`,
      `DTEND${kind}:${at(new Date(to.getTime() + 86400000))}`, 'SUMMARY:Moved', 'END:VEVENT');
  }
  lines.push('END:VCALENDAR');
  return { text: lines.join('\r\n') + '\r\n', zone, allDay };
}

function instancesOf(text) {
  const root = new ICAL.Component(ICAL.parse(text));
  for (const zone of root.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const events = root.getAllSubcomponents('vevent');
  const main = new ICAL.Event(events.find(e => !e.hasProperty('recurrence-id')), { strictExceptions: true, exceptions: events.filter(e => e.hasProperty('recurrence-id')) });
  const iterator = main.iterator();
  const found = [];
  for (let next = iterator.next(); next && next.year < 2028 && found.length < 400; next = iterator.next()) {
    const { startDate, endDate } = main.getOccurrenceDetails(next);
    found.push([startDate, endDate].map(t => (t.isDate ? `${pad(t.year, 4)}${pad(t.month)}${pad(t.day)}` : new Date(t.toUnixTime() * 1000).toISOString())).join('/'));
  }
  ICAL.TimezoneService.reset();
  return [...new Set(found)].sort();
}

const calendars = [];
while (calendars.length < 100) {
  const made = randomCalendar();
  if (!made) continue;
  try { calendars.push({ text: made.text, allDay: made.allDay, times: briefly(() => instancesOf(made.text)) }); } catch { ICAL.TimezoneService.reset(); }
}

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'rules.json'), `[\n${rules.map(r => JSON.stringify(r)).join(',\n')}\n]\n`);
writeFileSync(join(folder, 'calendars.json'), `[\n${calendars.map(c => JSON.stringify(c)).join(',\n')}\n]\n`);
console.log(`${rules.length} rules, of which the two programs read ${disagreements} differently; ${calendars.length} calendars`);
