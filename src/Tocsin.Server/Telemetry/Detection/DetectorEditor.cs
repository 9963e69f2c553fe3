using Tocsin.Estate;
using Tocsin.Identity;

namespace Tocsin.Telemetry;

/// <summary>A wish to make, change or remove one detector of the estate.</summary>
/// <param name="Body">The wanted detector, given the stored one, where null means that there is none of that name; null: it is to go. Asked again when somebody else changed the workspace meanwhile.</param>
/// <param name="TakesOver">May change what files manage.</param>
internal sealed record DetectorWish(string Name, Func<EstateMap?, EstateMap?> Body, bool TakesOver)
{
    /// <summary>Why the wish does not hold for what is stored; null: it does.</summary>
    public Func<EstateMap?, EstateFault?>? Unless { get; init; }
}

/// <summary>What a changed detector means.</summary>
/// <param name="Faults">Empty: it can be carried out.</param>
/// <param name="Rule">As it would be in force; null: it goes, or there are faults.</param>
internal sealed record DetectorOutlook(IReadOnlyList<EstateFault> Faults, DetectorRule? Rule);

/// <summary>Changes one detector of the estate, or says what a change would mean.</summary>
internal sealed class DetectorEditor(EstateDesk desk, IEstates estates)
{
    /// <summary>As the estate's kind is called.</summary>
    public const string Kind = "detector";

    /// <param name="only">Only say it.</param>
    /// <returns>The outlook; an error if others changed the same workspace again and again meanwhile. Idempotent.</returns>
    /// <exception cref="Data.StoreUnavailableException">Nothing was stored.</exception>
    public async Task<Result<DetectorOutlook>> RunAsync(Caller caller, DetectorWish wish, bool only, CancellationToken ct)
    {
        var key = new EstateKey(caller.WorkspaceName, Kind, wish.Name);
        EstateObject? Stored(IReadOnlyList<EstateObject> objects) => objects.FirstOrDefault(o => o.Key == key);
        var goes = false;
        var change = new EstateWish(caller.WorkspaceName, [], Goes: o => goes && o.Key == key, wish.TakesOver)
        {
            From = objects =>
            {
                var body = wish.Body(Stored(objects)?.Body);
                goes = body is null;
                return body is null ? [] : [new(caller.WorkspaceName, Kind, wish.Name, body, null, Kind)];
            },
            Unless = objects => Stored(objects) is { Origin: { } file } && !wish.TakesOver
                ? EstateFault.Error(Mark.None, "", $"it is declared in {file}: change it there, since the file takes back what is changed elsewhere", wish.Name)
                : wish.Unless?.Invoke(Stored(objects)?.Body),
            Managed = caller.May(Policies.Configure) ? null : new(caller.User),
        };
        var applied = await desk.ApplyAsync([change], caller.Actor, only, ct);
        if (!applied.Ok)
        {
            return applied.Error;
        }

        if (!only)
        {
            estates.Forget(caller.Workspace);
        }

        var outcome = applied.Value;
        return new DetectorOutlook(outcome.Faults, outcome is { Faults.Count: 0, Models: [var model] } ? model.Detectors.FirstOrDefault(d => d.Name == wish.Name) : null);
    }
}
