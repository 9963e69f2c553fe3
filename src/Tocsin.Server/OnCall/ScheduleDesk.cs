using Tocsin.Estate;
using Tocsin.Identity;

namespace Tocsin.OnCall;

/// <summary>A wish to make or change one schedule.</summary>
/// <param name="Body">The wanted schedule, given the stored one; null: there is none of that name. Asked again when somebody else changed the workspace meanwhile.</param>
/// <param name="TakesOver">May change what files manage.</param>
internal sealed record ScheduleWish(string Name, Func<EstateMap?, EstateMap> Body, bool TakesOver)
{
    /// <summary>Why the wish does not hold for what is stored; null: it does.</summary>
    public Func<EstateMap?, EstateFault?>? Unless { get; init; }

    /// <summary>Whether a route test that fails is a fault.</summary>
    public bool TestsMustHold { get; init; }
}

/// <summary>What a changed schedule means.</summary>
/// <param name="Faults">Empty: it can be carried out.</param>
/// <param name="Warnings">Those about schedules.</param>
internal sealed record ScheduleOutlook(IReadOnlyList<EstateFault> Faults, IReadOnlyList<EstateFault> Warnings)
{
    /// <summary>What is in force, with what people entered; a new schedule has nobody before. Null: there are faults.</summary>
    public CompiledSchedule? Before { get; init; }

    /// <summary>What is wished, with what people entered.</summary>
    public CompiledSchedule? After { get; init; }

    /// <summary>How a user is called.</summary>
    public Func<string, string> NameOf { get; init; } = user => user;

    /// <summary>Who is on call instead of whom in the next year.</summary>
    public string Say(DateTimeOffset now) => ScheduleChange.Say(Before!, After!, now, now + ScheduleSentences.Ahead, NameOf);
}

/// <summary>Changes one schedule of the estate, or says what a change would mean.</summary>
internal sealed class ScheduleDesk(EstateDesk desk, IEstates estates)
{
    /// <param name="only">Only say it.</param>
    /// <returns>The outlook; an error if others changed the same workspace again and again meanwhile. Idempotent.</returns>
    /// <exception cref="Data.StoreUnavailableException">Nothing was stored.</exception>
    public async Task<Result<ScheduleOutlook>> RunAsync(Caller caller, ScheduleWish wish, bool only, CancellationToken ct)
    {
        var key = new EstateKey(caller.WorkspaceName, "schedule", wish.Name);
        EstateMap? Stored(IReadOnlyList<EstateObject> objects) => objects.FirstOrDefault(o => o.Key == key)?.Body;
        var change = new EstateWish(caller.WorkspaceName, [], Goes: _ => false, wish.TakesOver)
        {
            From = objects => [new(caller.WorkspaceName, "schedule", wish.Name, wish.Body(Stored(objects)), null, "schedule")],
            Unless = objects => wish.Unless?.Invoke(Stored(objects)),
            TestsMustHold = wish.TestsMustHold,
            Managed = caller.May(Policies.Configure) ? null : new(caller.User),
        };
        var before = (await estates.FindAsync(caller.Workspace, ct))?.Schedules.GetValueOrDefault(wish.Name);
        var applied = await desk.ApplyAsync([change], caller.Actor, only, ct);
        if (!applied.Ok)
        {
            return applied.Error;
        }

        if (!only)
        {
            estates.Forget(caller.Workspace);
        }

        // Of the whole workspace only what concerns schedules.
        var outcome = applied.Value;
        var outlook = new ScheduleOutlook(outcome.Faults, [.. outcome.Warnings.Where(w => w.Path.StartsWith("schedule", StringComparison.Ordinal))]);
        if (outcome.Faults.Count > 0 || outcome.Models is not [var model])
        {
            return outlook;
        }

        var schedule = model.Schedules[wish.Name];
        before ??= OnCallCalendar.Compile(schedule with { Rotations = [], Overrides = [] });
        return outlook with { Before = before, After = before.Changed(schedule), NameOf = user => model.Users.GetValueOrDefault(user)?.FullName ?? user };
    }
}
