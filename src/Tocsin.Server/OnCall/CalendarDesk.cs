using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.Streams;

namespace Tocsin.OnCall;

/// <summary>
/// Takes over what other programs' calendars say, whole or not at all: what came last and could be read stays in force until something else can be.
/// Whom an entry names is asked anew each time; who is meant by none of it is told to those who mind the schedule, once for each title.
/// </summary>
internal sealed class CalendarDesk(Database database, CalendarStore calendars, EntryStore entries, NoticeDesk notices, EventLog log)
{
    /// <summary>By whom: in the log, and where somebody made an entry.</summary>
    private const string Actor = "calendar";

    private const int MostEntries = 1_000;
    private const int MostTold = 5;

    private static readonly TimeSpan _ahead = TimeSpan.FromDays(400);

    /// <summary>A copy that is older than this and cannot be renewed is told to people.</summary>
    private static readonly TimeSpan _old = TimeSpan.FromHours(24);

    /// <returns>False: another node asks already.</returns>
    public Task<bool> LeaseAsync(long workspace, WantedCalendar calendar, CalendarCopy? known, DateTimeOffset now, CancellationToken ct) =>
        database.WriteAsync(tx => calendars.TryLeaseAsync(tx, workspace, calendar, known, now), ct);

    /// <summary>Writes what came of asking.</summary>
    /// <param name="known">What was known before, of this address or of another; null: nothing. Only one that is known can be unchanged.</param>
    /// <param name="askedAt">The lease.</param>
    public async Task TakeAsync(EstateSnapshot estate, WantedCalendar calendar, CalendarCopy? known, CalendarAnswer answer, DateTimeOffset askedAt, DateTimeOffset now, CancellationToken ct)
    {
        if (answer is CalendarAnswer.Unchanged && known is not null)
        {
            // Read again all the same: time has passed, and other people may be known by now.
            var kept = await database.ReadAsync(session => calendars.BodyAsync(session, estate.Workspace, calendar.Kind, calendar.Name), ct);
            answer = kept is null ? new CalendarAnswer.Failed("It says that it has not changed, and was never read.") : new CalendarAnswer.Text(kept, known.Etag, known.LastModified);
        }

        var text = answer as CalendarAnswer.Text;
        var read = text is not null
            ? IcalReader.Read(text.Body, calendar.Zone, now, now + _ahead)
            : Error.Invalid("calendar", ((CalendarAnswer.Failed)answer).Reason);
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                await (read.Ok
                    ? PutAsync(tx, estate, calendar, known, read.Value, text!, askedAt, now)
                    : FailAsync(tx, estate, calendar, known, read.Error.Detail, askedAt, now));
            },
            ct);
    }

    /// <summary>A calendar that the estate no longer names says nothing from now on.</summary>
    public Task ForgetAsync(long workspace, CalendarCopy gone, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(workspace);
            await (gone.Kind == CalendarLinks.OfUser
                ? entries.ReplaceOfCalendarAsync(tx, workspace, gone.Name, [], now)
                : entries.ReplaceShiftsAsync(tx, workspace, gone.Name, [], now));
            await calendars.ForgetAsync(tx, workspace, gone.Kind, gone.Name);
        },
        ct);

    private async Task PutAsync(Tx tx, EstateSnapshot estate, WantedCalendar calendar, CalendarCopy? known, IcalContent content, CalendarAnswer.Text text, DateTimeOffset askedAt, DateTimeOffset now)
    {
        List<string> notes = [.. content.Faults];
        var taken = content.Entries.Where(e => e.To > now).ToList();
        if (taken.Count > MostEntries)
        {
            notes.Add($"only the first {MostEntries} of {taken.Count} times are used");
            taken.RemoveRange(MostEntries, taken.Count - MostEntries);
        }

        List<IcalEntry> unknown = [];
        var shifts = calendar.Kind == CalendarLinks.OfSchedule ? ShiftsOf(estate, taken, unknown) : [];
        notes.AddRange(unknown.Select(e => $"'{PlainText.OneLine(e.Summary, 80)}' names nobody who is known here").Distinct(StringComparer.Ordinal).Take(10));
        var copy = new CalendarCopy(calendar.Kind, calendar.Name, calendar.AddressHash)
        {
            Etag = text.Etag,
            LastModified = text.LastModified,
            AskedAt = askedAt,
            ReadAt = now,
            Notes = string.Join('\n', notes),
        };
        if (!await calendars.TakeAsync(tx, estate.Workspace, copy, text.Body))
        {
            return;
        }

        // Titles of a person's own calendar are nobody's business.
        var changed = calendar.Kind == CalendarLinks.OfUser
            ? await entries.ReplaceOfCalendarAsync(
                tx, estate.Workspace, calendar.Name,
                taken.ConvertAll(e => new TimeOffRow { User = calendar.Name, From = e.From, To = e.To, Reason = "from the calendar", OfCalendar = true, MadeBy = Actor, MadeAt = now }), now)
            : await entries.ReplaceShiftsAsync(tx, estate.Workspace, calendar.Name, shifts, now);
        if (changed || known is not { Fault: null, ReadAt: not null })
        {
            await log.AppendAsync(tx, estate.Workspace, now, [new("calendar.read", SubjectOf(calendar), Actor, $"{taken.Count} times were read from the calendar{(unknown.Count > 0 ? $", {unknown.Count} of which name nobody who is known here" : "")}")]);
        }

        await TellUnknownAsync(tx, estate, calendar, unknown, now);
    }

    private async Task FailAsync(Tx tx, EstateSnapshot estate, WantedCalendar calendar, CalendarCopy? known, string fault, DateTimeOffset askedAt, DateTimeOffset now)
    {
        if (!await calendars.FailAsync(tx, estate.Workspace, calendar, askedAt, fault))
        {
            return;
        }

        var stays = known?.ReadAt is { } at ? $"what was read at {at:yyyy-MM-dd HH:mm} UTC stays in force" : "it was never read";
        if (known?.Fault is null)
        {
            await log.AppendAsync(tx, estate.Workspace, now, [new("calendar.failed", SubjectOf(calendar), Actor, $"the calendar cannot be read, {stays}: {fault}")]);
        }

        if (known?.ReadAt is null || now - known.ReadAt > _old)
        {
            await TellAsync(
                tx, estate, calendar, "calendar fault", SubjectOf(calendar), (known?.ReadAt ?? DateTimeOffset.UnixEpoch).ToMicros(),
                $"The calendar of {calendar.Name} cannot be read", $"{char.ToUpperInvariant(stays[0])}{stays[1..]}. {fault}", now + _ahead, now);
        }
    }

    private static List<CalendarShift> ShiftsOf(EstateSnapshot estate, List<IcalEntry> taken, List<IcalEntry> unknown)
    {
        var people = new CalendarPeople(estate.Model);
        List<CalendarShift> shifts = [];
        foreach (var entry in taken)
        {
            var users = people.Of(entry);
            shifts.AddRange(users.Select(user => new CalendarShift(user, entry.From, entry.To)));
            if (users.Count == 0)
            {
                unknown.Add(entry);
            }
        }

        return shifts;
    }

    private async Task TellUnknownAsync(Tx tx, EstateSnapshot estate, WantedCalendar calendar, List<IcalEntry> unknown, DateTimeOffset now)
    {
        foreach (var entry in unknown.DistinctBy(e => e.Summary).Take(MostTold))
        {
            var title = PlainText.OneLine(entry.Summary, 80);
            await TellAsync(
                tx, estate, calendar, "calendar name", $"{SubjectOf(calendar)}/{title}", 0,
                $"The calendar of {calendar.Name} names nobody who is known here: '{title}'",
                $"First from {entry.From:yyyy-MM-dd HH:mm} UTC. Give the entry a user's e-mail address, name or full name; without it the rotations are on call then, or nobody. You are told once.",
                entry.To, now);
        }
    }

    /// <summary>Tells those who mind it, once for a kind, subject and beginning.</summary>
    private async Task TellAsync(
        Tx tx, EstateSnapshot estate, WantedCalendar calendar, string kind, string subject, long startsAt, string title, string detail, DateTimeOffset until, DateTimeOffset now)
    {
        var isNew = await tx.ExecuteAsync(
            """
            INSERT INTO oncall_told (workspace_id, kind, subject, starts_at, ends_at, told_at) VALUES (@workspace, @kind, @subject, @starts, @ends, @now)
            ON CONFLICT (workspace_id, kind, subject, starts_at) DO NOTHING
            """,
            ("workspace", estate.Workspace), ("kind", kind), ("subject", subject), ("starts", startsAt), ("ends", until.ToMicros()), ("now", now.ToMicros())) == 1;
        if (!isNew)
        {
            return;
        }

        var (owners, path) = calendar.Kind == CalendarLinks.OfUser
            ? ([calendar.Name], "/me")
            : (estate.Model.Schedules.TryGetValue(calendar.Name, out var schedule) ? ScheduleOwners.Of(estate, schedule) : [], $"/schedules/{Uri.EscapeDataString(calendar.Name)}");
        foreach (var owner in owners)
        {
            await notices.TellAsync(tx, estate, new($"{kind}/{subject}/{startsAt}/{owner}", owner, title, detail, path, until), now);
        }
    }

    private static string SubjectOf(WantedCalendar calendar) => $"{calendar.Kind}/{calendar.Name}";
}
