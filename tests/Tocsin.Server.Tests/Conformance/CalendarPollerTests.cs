using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Outgoing;
using Tocsin.Tests.Outgoing;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Conformance;

/// <summary>
/// Other programs' calendars, read from a server that behaves well and badly: what could be read last stays in force until something else can be. The
/// virtual clock begins on Monday 5 January 2026 at 09:00 UTC.
/// </summary>
public abstract class CalendarPollerTests(Engine engine) : IAsyncLifetime
{
    private static readonly (string Way, string Says)[] _failures =
    [
        ("500 Internal Server Error", "It answered 500."),
        ("302 Found", "It answered 302: redirects are not followed, enter the final address."),
        ("404 Not Found", "It answered 404."),
        ("304 Not Modified", "It answered 304."),
        ("garbage", "What it answers is no calendar."),
        ("cut", "It is cut off: its end, END:VCALENDAR, is missing."),
        ("short", "The connection was closed before an answer."),
        ("huge", "It is larger than 4096 bytes."),
        ("endless", "It is larger than 4096 bytes."),
        ("silent", "No answer within 0.3 s."),
    ];

    private FakeCalendar _server = null!;
    private readonly CalendarOptions _options = new();
    private EngineBench _bench = null!;
    private OutgoingBench _outgoing = null!;

    public async Task InitializeAsync()
    {
        _server = FakeCalendar.Start();
        _bench = await EngineBench.OpenAsync(engine, People().Schedule("primary", s => s with { Calendar = new(_server.Url, CalendarUse.Shifts) }));
        _outgoing = Outgoing($"127.0.0.1:{_server.Port}");
    }

    public async Task DisposeAsync()
    {
        _outgoing.Dispose();
        await _server.DisposeAsync();
        await _bench.DisposeAsync();
    }

    [StoreFact]
    public async Task Whoever_the_calendar_names_is_on_call_by_mail_address_name_or_full_name()
    {
        _server.Says(
            "Cover|20260105T100000Z|20260105T110000Z|ATTENDEE;CN=Somebody:mailto:Bo@Example.test",
            "CHEN|20260105T110000Z|20260105T120000Z",
            "On call: Dee Ray (primary)|20260105T120000Z|20260105T130000Z",
            "Primary with Dee Ray until lunch|20260105T130000Z|20260105T140000Z",
            "bo, chen|20260105T140000Z|20260105T150000Z");
        await TurnAsync();

        Assert.Equal(["ana", "bo", "chen", "dee", "dee", "bo+chen", "ana"], Enumerable.Range(9, 7).Select(Who));
        Assert.Equal("calendar of 127.0.0.1", Schedule.At(At(10)).Because);
    }

    [StoreFact]
    public async Task Nothing_is_asked_again_before_its_time_and_an_unchanged_calendar_is_not_sent_again()
    {
        _server.Etag = "\"v1\"";
        _server.Says("bo|20260105T100000Z|20260105T110000Z");
        await TurnAsync();
        await TurnAsync();
        Assert.Single(_server.Requests);

        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await TurnAsync();

        Assert.Contains("If-None-Match: \"v1\"\r\n", _server.Requests.Last(), StringComparison.Ordinal);
        Assert.Equal(2, _server.Requests.Count);
        var copy = await CopyAsync();
        Assert.Equal((_bench.Clock.Now, null), (copy.ReadAt!.Value, copy.Fault));
        Assert.Equal("bo", Who(10));
    }

    [StoreFact]
    public async Task A_server_without_entity_tags_is_asked_by_time()
    {
        _server.LastModified = "Mon, 05 Jan 2026 08:00:00 GMT";
        _server.Says("bo|20260105T100000Z|20260105T110000Z");
        await TurnAsync();
        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await TurnAsync();

        Assert.Contains("If-Modified-Since: Mon, 05 Jan 2026 08:00:00 GMT\r\n", _server.Requests.Last(), StringComparison.Ordinal);
        Assert.Null((await CopyAsync()).Fault);
    }

    [StoreFact]
    public async Task What_an_unchanged_calendar_repeats_is_known_further_ahead_as_time_goes_on()
    {
        _server.Etag = "\"v1\"";
        _server.Says("bo|20260105T100000Z|20260105T110000Z|RRULE:FREQ=WEEKLY");
        await TurnAsync();
        var last = (await BookAsync()).Calendars[^1].Shift.To;

        _bench.Clock.Advance(TimeSpan.FromDays(21));
        await TurnAsync();

        Assert.Equal(last.AddDays(21), (await BookAsync()).Calendars[^1].Shift.To);
    }

    [StoreFact]
    public async Task Whatever_goes_wrong_is_said_and_what_was_read_before_stays_in_force()
    {
        (_options.MaxBytes, _options.Timeout) = (4096, Patience.Limit);
        _server.Says("bo|20260105T100000Z|20260106T100000Z");
        await TurnAsync();
        var good = await CopyAsync();
        foreach (var (way, says) in _failures)
        {
            _server.Answer = Bad(way);
            _options.Timeout = _server.Answer is null ? TimeSpan.FromSeconds(0.3) : Patience.Limit;
            _bench.Clock.Advance(TimeSpan.FromMinutes(15));
            await TurnAsync();

            var copy = await CopyAsync();
            Assert.Equal((way, says, good.ReadAt), (way, copy.Fault, copy.ReadAt));
            Assert.Equal("bo", Who(10));
        }

        Assert.DoesNotContain(await LinesAsync(), l => l.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(["calendar.read", "calendar.failed"], await KindsAsync());

        _server.Says("chen|20260105T100000Z|20260106T100000Z");
        _options.Timeout = Patience.Limit;
        _bench.Clock.Advance(TimeSpan.FromMinutes(2));
        await TurnAsync();

        Assert.Equal(("chen", null), (Who(15), (await CopyAsync()).Fault));
        Assert.Equal(["calendar.read", "calendar.failed", "calendar.read"], await KindsAsync());
    }

    [StoreFact]
    public async Task What_has_passed_stays_as_it_was_when_the_calendar_changes()
    {
        _server.Says("bo|20260105T080000Z|20260105T160000Z");
        await TurnAsync();
        _bench.Clock.Advance(TimeSpan.FromHours(3));
        _server.Says("chen|20260105T080000Z|20260105T160000Z");
        await TurnAsync();

        // Nobody knew of the calendar before 9, and nobody of chen before noon.
        Assert.Equal(["", "bo", "bo", "bo", "chen", "chen"], Enumerable.Range(8, 6).Select(Who));
    }

    [StoreFact]
    public async Task A_cover_that_people_entered_is_above_the_calendar_also_when_that_changes_later()
    {
        _server.Says("bo|20260105T100000Z|20260105T160000Z");
        await TurnAsync();
        await _bench.WriteAsync(tx => new EntryStore().AddAsync(tx, 1, new CoverRow { Schedule = "primary", User = "dee", InsteadOf = "bo", From = At(10), To = At(12), MadeBy = "user:dee", MadeAt = At(9) }));
        _server.Says("bo|20260105T100000Z|20260105T170000Z");
        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await TurnAsync();

        Assert.Equal(["dee", "dee", "bo"], Enumerable.Range(10, 3).Select(Who));
    }

    [StoreFact]
    public async Task Who_is_meant_by_nobody_known_is_told_to_those_who_mind_the_schedule_once()
    {
        _server.Says("Zed|20260105T100000Z|20260105T110000Z", "Zed|20260106T100000Z|20260106T110000Z", "gone|20260107T100000Z|20260107T110000Z", "bo|20260105T120000Z|20260105T130000Z");
        await TurnAsync();
        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await TurnAsync();
        await _bench.WorkAsync();

        Assert.Equal(
            ["The calendar of primary names nobody who is known here: 'Zed'", "The calendar of primary names nobody who is known here: 'gone'"],
            _bench.Notifier.Attempts.Select(a => a.Message.Title).Order());
        Assert.All(_bench.Notifier.Attempts, a => Assert.Equal("head", a.Message.Recipient));
        Assert.Equal("'Zed' names nobody who is known here\n'gone' names nobody who is known here", (await CopyAsync()).Notes);
        Assert.Equal("ana", Who(10));
        Assert.Equal("bo", Who(12));
    }

    [StoreFact]
    public async Task A_calendar_that_was_never_read_is_told_at_once_and_one_that_fails_for_a_day_then_each_once()
    {
        _server.Answer = Bad("garbage");
        await TurnAsync();
        await TurnAsync();
        await _bench.WorkAsync();
        Assert.Equal(("The calendar of primary cannot be read", "It was never read. What it answers is no calendar."), Told(Assert.Single(_bench.Notifier.Attempts)));

        _server.Says("bo|20260105T100000Z|20260105T110000Z");
        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await TurnAsync();
        _server.Answer = FakeCalendar.Status("503 Service Unavailable");
        for (var hour = 0; hour < 30; hour++)
        {
            _bench.Clock.Advance(TimeSpan.FromHours(1));
            await TurnAsync();
        }

        await _bench.WorkAsync();
        Assert.Equal(
            ("The calendar of primary cannot be read", "What was read at 2026-01-05 09:15 UTC stays in force. It answered 503."), Told(Assert.Single(_bench.Notifier.Attempts.Skip(1))));
    }

    [StoreFact]
    public async Task A_persons_calendar_takes_them_out_of_the_rotations_and_tells_nobody_why()
    {
        _bench.Estate = People().Change("ana", p => p with { TimeOffCalendar = _server.Url, TimeZone = "Asia/Tokyo" }).Schedule("backup", "bo").Build();
        _server.Answer = FakeCalendar.Ok("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260106\r\nDTEND;VALUE=DATE:20260107\r\nSUMMARY:Clinic\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        await TurnAsync();

        var away = Assert.Single((await BookAsync()).Away);
        Assert.Equal(("ana", true, "from the calendar"), (away.User, away.OfCalendar, away.Reason));
        Assert.Equal((new DateTimeOffset(2026, 1, 5, 15, 0, 0, default), new DateTimeOffset(2026, 1, 6, 15, 0, 0, default)), (away.From, away.To));
        Assert.Equal("nobody is left; ana is away", Schedule.At(away.From).Because);
        Assert.DoesNotContain(await LinesAsync(), l => l.Contains("Clinic", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task A_calendar_that_the_estate_no_longer_names_says_nothing_from_then_on_and_is_not_asked_for()
    {
        _server.Says("bo|20260105T080000Z|20260105T160000Z");
        await TurnAsync();
        _bench.Clock.Advance(TimeSpan.FromHours(1));
        var asked = _server.Requests.Count;
        _bench.Estate = People().Build();
        await TurnAsync();

        Assert.Equal((asked, 0L), (_server.Requests.Count, await _bench.CountAsync("calendar_copy")));
        Assert.Equal(At(10), Assert.Single((await BookAsync()).Calendars).Shift.To);
    }

    [StoreFact]
    public async Task An_address_that_is_not_known_for_now_leaves_what_was_read_in_force()
    {
        _server.Says("bo|20260105T100000Z|20260105T160000Z");
        await TurnAsync();
        _bench.Estate = People().Schedule("primary", s => s with { Calendar = new("", CalendarUse.Shifts) }).Build();
        _bench.Clock.Advance(TimeSpan.FromSeconds(15));
        await TurnAsync();

        Assert.Equal(("bo", "Its address is a reference that cannot be filled in on this server."), (Who(10), (await CopyAsync()).Fault));
        Assert.Single(_server.Requests);
    }

    [StoreFact]
    public async Task An_internal_address_is_refused()
    {
        using var outgoing = new OutgoingBench();
        await TurnAsync(outgoing);

        Assert.Contains("is a loopback address", (await CopyAsync()).Fault, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [StoreFact]
    public async Task Of_two_nodes_one_asks_and_one_that_slept_over_its_lease_writes_nothing()
    {
        var calendar = new WantedCalendar("schedule", "primary", _server.Url, "UTC");
        var (slow, quick) = (Desk(), Desk());
        var leasedAt = _bench.Clock.Now;
        Assert.True(await slow.LeaseAsync(1, calendar, null, leasedAt, default));
        Assert.False(await quick.LeaseAsync(1, calendar, null, leasedAt, default));

        _bench.Clock.Advance(TimeSpan.FromMinutes(15));
        _server.Says("bo|20260105T100000Z|20260105T160000Z");
        await TurnAsync();
        await slow.TakeAsync(_bench.Estate, calendar, null, new CalendarAnswer.Text(FakeCalendar.Text("chen|20260105T100000Z|20260105T160000Z"), null, null), leasedAt, _bench.Clock.Now, default);
        await slow.TakeAsync(_bench.Estate, calendar, null, new CalendarAnswer.Failed("Late."), leasedAt, _bench.Clock.Now, default);

        await RefreshAsync();
        Assert.Equal(("bo", null), (Who(10), (await CopyAsync()).Fault));
    }

    private static OutgoingBench Outgoing(string allow) => new(allow);

    private CompiledSchedule Schedule => _bench.Estate.Schedules["primary"];

    /// <summary>Ana always; the four others by the calendar only.</summary>
    private static EstateBuilder People() => new EstateBuilder()
        .User("ana", "push").User(new Person { Name = "bo", Email = "bo@example.test" }).User("chen", "push").User(new Person { Name = "dee", FullName = "Dee Ray" })
        .User("gone", "push").Disable("gone").Administrator("head", "push").Schedule("primary", "ana");

    private static byte[]? Bad(string way) => way switch
    {
        "garbage" => FakeCalendar.Ok("<html>Please log in</html>"),
        "cut" => FakeCalendar.Ok("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260105T1000"),
        "short" => FakeCalendar.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
        "huge" => FakeCalendar.Ok(FakeCalendar.Text([.. Enumerable.Range(0, 100).Select(_ => "bo|20260105T100000Z|20260105T110000Z")])),
        "endless" => FakeCalendar.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat($"400\r\n{new string('x', 0x400)}\r\n", 10))),
        "silent" => null,
        _ => FakeCalendar.Status(way, way[..3] == "302" ? "Location: /elsewhere\r\n" : ""),
    };

    private static (string Title, string? Detail) Told(Attempt attempt) => (attempt.Message.Title, attempt.Message.Because);

    private static DateTimeOffset At(int hour) => new(2026, 1, 5, hour, 0, 0, TimeSpan.Zero);

    private string Who(int hour) => string.Join('+', Schedule.At(At(hour).AddMinutes(30)).Users);

    private Task TurnAsync() => TurnAsync(_outgoing);

    private async Task TurnAsync(OutgoingBench outgoing)
    {
        using var poller = new CalendarPoller(
            _bench.Database, new WorkspaceStore(), _bench.Estates, Desk(), new(outgoing.Http, Options.Create(_options)), Options.Create(_options), _bench.Clock,
            NullLogger<CalendarPoller>.Instance);
        await poller.TurnAsync(default);
        await RefreshAsync();
    }

    private CalendarDesk Desk() => new(_bench.Database, new(), new(), new(_bench.Parts.Jobs), _bench.Parts.Log);

    /// <summary>As a node does that reads the workspace anew.</summary>
    private async Task RefreshAsync() => _bench.Estate = EstateSnapshot.Of(1, _bench.Estate.Model, [], await BookAsync());

    private Task<EnteredBook> BookAsync() => _bench.ReadAsync(session => new EntryStore().ReadAsync(session, 1, VirtualClock.Start.AddDays(-1)));

    private async Task<CalendarCopy> CopyAsync() => Assert.Single(await _bench.ReadAsync(session => CalendarStore.ListAsync(session, 1)));

    private async Task<string[]> KindsAsync() => [.. (await EventsAsync()).Select(e => e.Kind)];

    private async Task<string[]> LinesAsync() => [.. (await EventsAsync()).Select(e => e.Reason)];

    private async Task<IEnumerable<Sdk.EventView>> EventsAsync() =>
        (await _bench.ReadAsync(session => _bench.Parts.Log.NewestAsync(session, 1, "schedule/primary", long.MaxValue, 1000))).AsEnumerable().Reverse();

    public sealed class OnSqlite() : CalendarPollerTests(Engine.Sqlite);

    public sealed class OnPostgres() : CalendarPollerTests(Engine.Postgres);
}
