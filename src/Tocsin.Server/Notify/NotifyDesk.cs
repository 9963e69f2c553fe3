using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Notify;

/// <summary>How people are reached, and how they change it for themselves: rules, quiet hours and limits; nothing else of the estate.</summary>
internal sealed class NotifyDesk(EstateDesk desk, IEstates estates, Database database, ContactProofs proofs, TimeProvider clock)
{
    private const int MostRules = 10;

    public async Task<NotifyView> ViewAsync(long workspace, Person person, CancellationToken ct) =>
        View(person, await database.ReadAsync(session => proofs.ReadAsync(session, workspace), ct), clock.GetUtcNow());

    private static NotifyView View(Person person, ProofBook known, DateTimeOffset now) => new()
    {
        User = person.Name,
        Methods = [.. person.Contact.Select(method => method.Name)],
        High = [.. person.High.Select(Of)],
        Low = [.. person.Low.Select(Of)],
        HighSentence = LadderText.Of(person, Urgency.High),
        LowSentence = LadderText.Of(person, Urgency.Low),
        QuietHours = person.Quiet is { Hours: var hours } quiet
            ? new($"{hours.From:HH\\:mm}-{hours.To:HH\\:mm}", hours.Days.Count is 0 or 7 ? null : OnCall.DayText.Format(hours.Days), hours.TimeZone, quiet.AlsoHigh)
            : null,
        MaxPagesPerMinute = person.MaxPerMinute,
        SelfTest = person.SelfTest,
        Proofs = [.. person.Contact.Select(method => Of(person, method, known, now))],
        Warning = ReachWords.Warning(person, known, now, own: true),
    };

    /// <summary>Changes how the caller is reached, all of it.</summary>
    /// <returns>The person as they are now; an error when the caller is no person of the estate, or files manage them, or something in the wish is wrong.</returns>
    public async Task<Result<Person>> SaveAsync(Caller caller, NotifyRequest wish, CancellationToken ct)
    {
        if (await FindAsync(caller, ct) is not { } person)
        {
            return Error.NotFound("user", caller.User ?? caller.Actor);
        }

        if (wish.High is not { Count: > 0 and <= MostRules } || wish.Low is not { Count: > 0 and <= MostRules } || wish.High.Concat(wish.Low).Any(rule => rule?.After is null || rule.Via is null))
        {
            return Error.Invalid("high", $"Give 1 to {MostRules} rules for high urgency and for low urgency, each with \"after\" and \"via\".");
        }

        var outcome = await desk.ApplyAsync(
            [new EstateWish(caller.WorkspaceName, [], Goes: _ => false, TakesOver: false) { From = stored => Changed(stored, person.Name, wish) }], caller.Actor, only: false, ct);
        estates.Forget(caller.Workspace);
        if (!outcome.Ok)
        {
            return outcome.Error;
        }

        if (outcome.Value.Faults is [var fault, ..])
        {
            return outcome.Value.Plans.SelectMany(p => p.Changes).Any(c => c.Before?.Origin is not null && c.Object.Kind == "user" && c.Object.Name == person.Name)
                ? Error.Conflict("estate.managed", $"{char.ToUpperInvariant(fault.Text[0])}{fault.Text[1..]}.")
                : Error.Invalid("notify", $"{char.ToUpperInvariant(fault.Text[0])}{fault.Text[1..]}.");
        }

        return await FindAsync(caller, ct) is { } saved ? saved : person;
    }

    public async Task<Person?> FindAsync(Caller caller, CancellationToken ct) =>
        caller.User is { } name && await estates.FindAsync(caller.Workspace, ct) is { } estate ? estate.Model.Users.GetValueOrDefault(name) : null;

    private static List<EstateObject> Changed(IReadOnlyList<EstateObject> stored, string name, NotifyRequest wish)
    {
        if (stored.FirstOrDefault(o => o.Kind == "user" && o.Name == name) is not { } user)
        {
            return [];
        }

        List<EstateEntry> kept = [.. user.Body.Entries.Where(e => e.Key is not ("notify" or "quiet_hours" or "max_pages_per_minute" or "self_test"))];
        kept.Add(Entry("notify", Map(Entry("high", Rules(wish.High)), Entry("low", Rules(wish.Low)))));
        if (wish.QuietHours is { } quiet)
        {
            List<EstateEntry> hours = [Entry("between", Text(quiet.Between ?? ""))];
            hours.AddRange(quiet.Days is { Length: > 0 } days ? [Entry("days", Text(days))] : []);
            hours.AddRange(quiet.TimeZone is { Length: > 0 } zone ? [Entry("time_zone", Text(zone))] : []);
            hours.AddRange(quiet.HighToo ? [Entry("high_too", Literal("true"))] : []);
            kept.Add(Entry("quiet_hours", Map([.. hours])));
        }

        if (wish.MaxPagesPerMinute is { } most)
        {
            kept.Add(Entry("max_pages_per_minute", Literal($"{most}")));
        }

        if (wish.SelfTest == false)
        {
            kept.Add(Entry("self_test", Literal("false")));
        }

        return [user with { Body = new EstateMap(kept, user.Body.Mark), Origin = null }];
    }

    private static EstateList Rules(IReadOnlyList<NotifyRuleView> rules) =>
        new([.. rules.Select(rule => Map(Entry("after", Text(rule.After)), Entry("via", Text(rule.Via))))], Mark.None);

    private static ContactProofView Of(Person person, ContactMethod method, ProofBook known, DateTimeOffset now)
    {
        var proof = known.Of(person.Name, method);
        return new(
            method.Name, method.Type, ReachWords.Of(proof?.StateAt(now) ?? ProofState.Never), ReachWords.Says(proof, person.TimeZone, now), known.Rings(method), proof?.AnsweredAt,
            proof?.AskedAt);
    }

    private static NotifyRuleView Of(NotifyRule rule) => new(DurationText.Format(rule.After), rule.Via);

    private static EstateMap Map(params EstateEntry[] entries) => new(entries, Mark.None);

    private static EstateEntry Entry(string key, EstateNode value) => new(key, Mark.None, value);

    private static EstateScalar Text(string text) => new(text, Mark.None);

    private static EstateScalar Literal(string text) => new(text, Mark.None, isLiteral: true);
}
