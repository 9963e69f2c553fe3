using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>What a silence would mute, and whether somebody must mean it.</summary>
/// <param name="Muted">Of the alerts that fire now.</param>
/// <param name="Firing">How many fire in all.</param>
/// <param name="IsTotal">It mutes whatever comes, not only what fires now.</param>
/// <param name="Doubt">Why it must be confirmed, as a sentence; null: it need not.</param>
internal sealed record SilenceReach(IReadOnlyList<AlertRow> Muted, int Firing, bool IsTotal, string? Doubt);

/// <summary>Stands before the silences that people make, on every surface: they are known to somebody, end, and mute no more than was meant.</summary>
internal sealed class SilenceGuard(
    Database database, AlertStore alerts, IncidentStore incidents, SilenceDesk desk, NoticeDesk notices, SilenceOptions options, TimeProvider clock)
{
    public const string NeedsConfirmation = "silence.needs_confirmation";

    /// <summary>From how many muted alerts on their part of all is looked at.</summary>
    private const int FewestOfPart = 5;

    private const int MostLookedThrough = 20_000;
    private const int Part = 500;

    private static readonly TimeSpan _longestRecurring = TimeSpan.FromDays(366);
    private static readonly TimeSpan _lately = TimeSpan.FromDays(7);

    /// <summary>Stores a silence that a person or key wants, or says what keeps it from being stored.</summary>
    /// <param name="confirmed">They have been asked whether they mean it.</param>
    public async Task<Result<Silence>> MakeAsync(EstateSnapshot estate, Caller caller, Silence silence, bool confirmed, CancellationToken ct)
    {
        // Whoever is logged in and is nobody that the estate pages has no method to be told by.
        var wanted = silence with { Owner = silence.Owner ?? (caller.User is { } user && estate.Model.Users.ContainsKey(user) ? user : null) };
        if (Refuse(estate, wanted) is { } refusal)
        {
            return refusal;
        }

        var reach = await ReachAsync(estate, wanted, ct);
        if (!reach.Ok)
        {
            return reach.Error;
        }

        if (reach.Value.IsTotal && !caller.May(Policies.Configure))
        {
            return Error.Forbidden("This silence mutes everything that comes; only administrators may. Add a matcher that says what it is about.");
        }

        if (reach.Value.Doubt is { } doubt && !confirmed)
        {
            return Error.Conflict(NeedsConfirmation, $"{doubt} Narrow it, or confirm that you mean it (\"confirm\": true, --confirm).");
        }

        if (wanted.UntilResolved && reach.Value.Muted.Count == 0)
        {
            return Error.Invalid("until_resolved", "Nothing that it mutes fires now, so there is nothing to wait for; say how long it lasts instead.");
        }

        return await desk.SaveAsync(
            caller.Workspace, wanted, caller.Actor, ct, tx => reach.Value.IsTotal ? TellOfTotalAsync(tx, estate, caller, wanted) : Task.CompletedTask);
    }

    /// <summary>Moves the end of a silence, as its owner or whoever may make one like it.</summary>
    /// <param name="by">How much longer.</param>
    public async Task<Result<Silence>> ExtendAsync(EstateSnapshot estate, string id, TimeSpan by, string actor, CancellationToken ct)
    {
        if (await desk.FindAsync(estate.Workspace, id, ct) is not { } known)
        {
            return Error.NotFound("silence", id);
        }

        var now = clock.GetUtcNow();
        if (known.EndsAt <= now)
        {
            return Error.Conflict("silence.ended", "This silence has ended already, and what still fires is routed again; make a new one.");
        }

        // Its time so far does not count: somebody has just said that it is still wanted.
        var longer = known with { EndsAt = by < Silence.Always - known.EndsAt ? known.EndsAt + by : Silence.Always };
        return TooLong(longer with { StartsAt = known.StartsAt > now ? known.StartsAt : now }) ?? await desk.SaveAsync(estate.Workspace, longer, actor, ct);
    }

    /// <summary>What a silence would mute of what fires now, and whether that must be confirmed.</summary>
    public async Task<Result<SilenceReach>> ReachAsync(EstateSnapshot estate, Silence silence, CancellationToken ct)
    {
        var firing = await database.ReadAsync(session => alerts.FiringAsync(session, estate.Workspace, silenced: false), ct);
        var muted = Covered(estate, silence, firing);
        if (!muted.Ok)
        {
            return muted.Error;
        }

        var (count, total) = (muted.Value.Count, SilenceSet.IsTotal(silence));
        var doubt = total ? "This mutes everything that fires now or comes, whatever it is. Nobody will be paged."
            : count > options.ConfirmAlerts || (count >= FewestOfPart && count * 100L >= options.ConfirmPercent * (long)firing.Count)
                ? $"This mutes {count} of the {firing.Count} alerts that fire now."
                : null;
        return new SilenceReach(muted.Value, firing.Count, total, doubt);
    }

    /// <summary>What a silence would have muted in the last seven days, had it been there all the time.</summary>
    public async Task<Result<SilencePast>> PastAsync(EstateSnapshot estate, Silence silence, CancellationToken ct)
    {
        var since = clock.GetUtcNow() - _lately;
        var (before, seen) = (long.MaxValue, 0);
        List<long> found = [];
        while (seen < MostLookedThrough)
        {
            var from = before;
            var rows = await database.ReadAsync(session => alerts.ListAsync(session, estate.Workspace, null, from, Part), ct);
            var covered = Covered(estate, silence, rows.Where(row => row.UpdatedAt >= since || row.State.Status == AlertStatus.Firing));
            if (!covered.Ok)
            {
                return covered.Error;
            }

            found.AddRange(covered.Value.Select(row => row.Id));
            seen += rows.Count;
            if (rows.Count < Part)
            {
                break;
            }

            before = rows[^1].Id;
        }

        var (numbers, pages) = await database.ReadAsync(session => incidents.PagedSinceAsync(session, estate.Workspace, found, since), ct);
        return new SilencePast(found.Count, numbers, pages, seen >= MostLookedThrough);
    }

    private static Result<IReadOnlyList<AlertRow>> Covered(EstateSnapshot estate, Silence silence, IEnumerable<AlertRow> rows)
    {
        if (silence.Services.Count == 0)
        {
            return SilenceSet.Preview(silence, rows, AlertIntake.SubjectOf);
        }

        // An alert may get its service from its route.
        return SilenceSet.Preview(silence, rows, row =>
        {
            var subject = AlertIntake.SubjectOf(row);
            return estate.Router.Decide(subject).Destinations is [{ Service: { } service }] ? subject with { Service = service } : subject;
        });
    }

    private Error? Refuse(EstateSnapshot estate, Silence silence) =>
        string.IsNullOrWhiteSpace(silence.Comment) ? Error.Invalid("comment", "A silence needs a comment: say why, for whoever looks at it at night.")
        : silence.Owner is { } owner && !estate.Model.Users.ContainsKey(owner) ? Error.Invalid("owner", $"There is no user '{owner}'; the owner is told before the silence ends.")
        : silence.Services.FirstOrDefault(s => !estate.Model.Services.ContainsKey(s)) is { } unknown ? Error.Invalid("services", $"There is no service '{unknown}'.")
        : silence is { UntilResolved: true, Repeats: not null } ? Error.Invalid("until_resolved", "A silence that recurs cannot end when all is resolved; choose one of the two.")
        : TooLong(silence);

    private Error? TooLong(Silence silence)
    {
        var most = silence.Repeats is null ? TimeSpan.FromHours(options.MostHours) : _longestRecurring;
        return silence.EndsAt - silence.StartsAt > most
            ? Error.Invalid("ends_at", $"A silence lasts at most {IncidentDecider.Text(most)} here (setting Silences:MostHours); let it end sooner. Its owner can extend it before it ends.")
            : null;
    }

    private async Task TellOfTotalAsync(Tx tx, EstateSnapshot estate, Caller caller, Silence silence)
    {
        var now = clock.GetUtcNow();
        foreach (var administrator in estate.Responders.Administrators().Recipients)
        {
            await notices.TellAsync(
                tx, estate,
                new($"silence-total/{silence.Id}/{administrator.Name}", administrator.Name, "A silence mutes everything",
                    $"{PlainText.OneLine(caller.Actor, 80)} muted everything until {silence.EndsAt:yyyy-MM-dd HH:mm} UTC: {PlainText.OneLine(silence.Comment, 200)}. Nobody is paged until then.", "/silences",
                    silence.EndsAt),
                now);
        }
    }
}
