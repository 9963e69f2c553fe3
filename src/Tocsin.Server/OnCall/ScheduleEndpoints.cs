using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.OnCall;

internal static class ScheduleEndpoints
{
    /// <summary>How many stretches one answer has at most.</summary>
    public const int MostShifts = 5_000;

    private const int MostDays = 366;
    private const int MaxBody = 1024 * 1024;

    private static readonly TimeSpan _weeks = TimeSpan.FromDays(28);

    private static readonly TakesBody _takesSchedule = new("application/yaml", "One schedule with the keys that it has in estate files, in YAML or JSON; its name may be left out.");

    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/schedules").WithTags("On call");
        group.MapGet("/{name}/shifts", Shifts).RequireAuthorization(Policies.Viewer);
        group.MapGet("/{name}/gaps", Gaps).RequireAuthorization(Policies.Viewer);
        group.MapPost("/{name}/preview", Preview).RequireAuthorization(Policies.ConfigureTeam).DisableAntiforgery().WithMetadata(_takesSchedule);
    }

    /// <summary>Who is on call when: all stretches between two instants, in order and without a break, gaps included. Where there are more than 5 000 the answer ends earlier; ask again from its end.</summary>
    /// <param name="name">The schedule's name.</param>
    /// <param name="from">Default: now.</param>
    /// <param name="to">Default: 28 days after from. At most 366 days after it.</param>
    internal static async Task<Results<Ok<ScheduleShifts>, ProblemHttpResult>> Shifts(
        string name, ClaimsPrincipal user, IEstates estates, TimeProvider clock, CancellationToken ct, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        if (!(await estates.OfAsync(user, ct)).Schedules.TryGetValue(name, out var schedule))
        {
            return Error.NotFound("schedule", name).ToProblem();
        }

        var begin = from?.ToUniversalTime() ?? clock.GetUtcNow();
        if (begin > DateTimeOffset.MaxValue.AddDays(-MostDays))
        {
            return Error.Invalid("from", "There are no calendars that far ahead.").ToProblem();
        }

        var end = to?.ToUniversalTime() ?? begin + _weeks;
        if (end <= begin || end - begin > TimeSpan.FromDays(MostDays))
        {
            return Error.Invalid("to", $"'to' is after 'from', by at most {MostDays} days.").ToProblem();
        }

        var shifts = Views(schedule.Shifts(begin, end).Take(MostShifts));
        return TypedResults.Ok(new ScheduleShifts(name, schedule.Schedule.TimeZone, begin, shifts[^1].To, shifts));
    }

    /// <summary>When nobody is on call, and when rotations of one priority put different people on call together.</summary>
    /// <param name="name">The schedule's name.</param>
    /// <param name="days">How far ahead, 1 to 366.</param>
    internal static async Task<Results<Ok<ScheduleGaps>, ProblemHttpResult>> Gaps(
        string name, ClaimsPrincipal user, IEstates estates, TimeProvider clock, CancellationToken ct, int days = MostDays)
    {
        if (!(await estates.OfAsync(user, ct)).Schedules.TryGetValue(name, out var schedule))
        {
            return Error.NotFound("schedule", name).ToProblem();
        }

        return days is < 1 or > MostDays
            ? Error.Invalid("days", $"'days' is 1 to {MostDays}.").ToProblem()
            : TypedResults.Ok(Flaws(schedule, clock.GetUtcNow(), TimeSpan.FromDays(days)));
    }

    /// <summary>What a schedule would mean if it were as in the body: its faults, the sentence about who changes, its shifts of four weeks, and its gaps and overlaps of a year. What people entered for it stays on top. Changes nothing; a schedule that is not there yet may be asked for too. Who manages a team may ask for its schedules.</summary>
    /// <param name="name">The schedule's name.</param>
    internal static async Task<Results<Ok<SchedulePreview>, ProblemHttpResult>> Preview(
        string name, HttpRequest request, ClaimsPrincipal user, ScheduleDesk schedules, TimeProvider clock, CancellationToken ct)
    {
        var (bytes, refusal) = await RequestBody.ReadAsync(request, MaxBody, ct);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var caller = Caller.Of(user);
        List<Estate.EstateFault> unreadable = [];
        var documents = EstateYamlReader.Read(Encoding.UTF8.GetString(bytes.Span).TrimStart('\uFEFF'), "", unreadable);
        if (unreadable.Count > 0)
        {
            return TypedResults.Ok(Faulty(name, unreadable, []));
        }

        if (documents is not [EstateMap body] || (body.Find("name") is { } given && (given as EstateScalar)?.Text != name))
        {
            return Error.Invalid("schedule", $"The body is one schedule with keys and values, beginning with time_zone; if it has a name, it is '{name}'.").ToProblem();
        }

        var wanted = body.With("name", new EstateScalar(name, body.Mark));
        var planned = await schedules.RunAsync(caller, new(name, _ => wanted, TakesOver: true), only: true, ct);
        if (!planned.Ok)
        {
            return planned.Error.ToProblem();
        }

        if (planned.Value is not { Before: { } old, After: { } changed } outlook)
        {
            return TypedResults.Ok(Faulty(name, planned.Value.Faults, planned.Value.Warnings));
        }

        var now = clock.GetUtcNow();
        var flaws = Flaws(changed, now, ScheduleSentences.Ahead);
        return TypedResults.Ok(new SchedulePreview
        {
            Schedule = name,
            TimeZone = changed.Schedule.TimeZone,
            Sentence = outlook.Say(now),
            Changes = [.. ScheduleChange.Between(old, changed, now, now + ScheduleSentences.Ahead).Take(MostShifts).Select(c => new ShiftChangeView(c.From, c.To, c.Before, c.After))],
            Shifts = Views(changed.Shifts(now, now + _weeks).Take(MostShifts)),
            Gaps = flaws.Gaps,
            Overlaps = flaws.Overlaps,
            Faults = [],
            Warnings = [.. outlook.Warnings.Select(EstateEndpoints.Words)],
        });
    }

    private static SchedulePreview Faulty(string name, IReadOnlyList<Estate.EstateFault> faults, IReadOnlyList<Estate.EstateFault> warnings) => new()
    {
        Schedule = name,
        Faults = [.. faults.Select(EstateEndpoints.Wire)],
        Warnings = [.. warnings.Select(EstateEndpoints.Words)],
    };

    private static ScheduleGaps Flaws(CompiledSchedule schedule, DateTimeOffset now, TimeSpan ahead)
    {
        var coverage = schedule.Coverage(now, now + ahead);
        return new(
            schedule.Schedule.Name, schedule.Schedule.TimeZone, now, now + ahead, schedule.Schedule.AllowOverlap,
            Views(coverage.Gaps.Take(MostShifts)), Views(coverage.Overlaps.Take(MostShifts)));
    }

    private static ShiftView[] Views(IEnumerable<Shift> shifts) => [.. shifts.Select(s => new ShiftView(s.From, s.To, s.Users, s.Because))];
}
