using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.OnCall;
using Tocsin.Streams;

namespace Tocsin.Estate;

/// <summary>A wish to change one workspace.</summary>
/// <param name="Objects">What is wanted; their origin is null unless they stand in the operator's files.</param>
/// <param name="Goes">Whether a stored object goes that is not wanted.</param>
/// <param name="TakesOver">May change what files manage.</param>
internal sealed record EstateWish(string Workspace, IReadOnlyList<EstateObject> Objects, Func<EstateObject, bool> Goes, bool TakesOver)
{
    /// <summary>
    /// What is wanted where that depends on what is stored, such as one more member of a team; it goes before <see cref="Objects"/>, is asked again when
    /// somebody else changed the workspace meanwhile, and does nothing but answer.
    /// </summary>
    public Func<IReadOnlyList<EstateObject>, IReadOnlyList<EstateObject>>? From { get; init; }

    /// <summary>Why the wish does not hold for what is stored, such as that somebody changed what it was made for; null: it does. Asked as often as <see cref="From"/>.</summary>
    public Func<IReadOnlyList<EstateObject>, EstateFault?>? Unless { get; init; }

    /// <summary>
    /// Whether a route test that fails keeps the wish from being carried out. Not for files that are there already: a server must not stand still
    /// because of a test about its time.
    /// </summary>
    public bool TestsMustHold { get; init; }

    /// <summary>Whose wish it is, where that limits what may change; null: no limit.</summary>
    public TeamManagement? Managed { get; init; }
}

/// <summary>What came, or would come, of wishes: all of them or none.</summary>
/// <param name="Plans">One for each wish, in the order of their workspaces' names.</param>
/// <param name="Faults">Empty: all plans can be carried out.</param>
/// <param name="Warnings">Also the route tests that fail.</param>
internal sealed record EstateOutcome(IReadOnlyList<EstatePlan> Plans, IReadOnlyList<EstateFault> Faults, IReadOnlyList<EstateFault> Warnings)
{
    /// <summary>What the workspaces would be; only of those that compile.</summary>
    public IReadOnlyList<EstateModel> Models { get; init; } = [];
}

/// <summary>Changes estates: whole, validated, in one transaction, with a line in the log; and exports them.</summary>
internal sealed class EstateDesk(
    Database database, EstateStore store, EstateCache cache, EstateProviders providers, EventLog log, TimeProvider clock)
{
    private const int Tries = 5;

    private readonly EstateSecrets _secrets = new(providers);

    /// <summary>Carries wishes out, or only says what would come of them.</summary>
    /// <param name="actor">For the log: <c>user:ana</c>, <c>key:ci</c>, <c>files</c>.</param>
    /// <param name="only">Only plan.</param>
    /// <returns>The outcome, plans in the order of workspaces' names; an error if others changed the same workspaces again and again meanwhile. Idempotent.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    public async Task<Result<EstateOutcome>> ApplyAsync(IReadOnlyList<EstateWish> wishes, string actor, bool only, CancellationToken ct)
    {
        // Always in one order, so that two changes of the same workspaces wait for each other instead of locking crosswise.
        wishes = [.. wishes.OrderBy(w => w.Workspace, StringComparer.Ordinal)];
        for (var tries = 0; tries < Tries; tries++)
        {
            var stored = await database.ReadAsync(
                async session =>
                {
                    var found = new List<StoredEstate?>();
                    foreach (var wish in wishes)
                    {
                        found.Add(await store.FindAsync(session, wish.Workspace));
                    }

                    return found;
                },
                ct);
            var outcome = await PlanAsync(wishes, stored, ct);
            if (only || outcome.Faults.Count > 0)
            {
                return only ? outcome with { Plans = await SayAsync(outcome, stored, ct) } : outcome;
            }

            if (await SaveAsync(outcome, stored, actor, ct))
            {
                return outcome;
            }
        }

        return Error.Conflict("estate.busy", "Others are changing this workspace; nothing was changed. Try again.");
    }

    /// <summary>The objects of a workspace as YAML, without secrets.</summary>
    public async Task<string> ExportAsync(string workspace, CancellationToken ct)
    {
        var stored = await database.ReadAsync(session => store.FindAsync(session, workspace), ct);
        return stored?.Objects is { Count: > 0 } objects ? new EstateYaml(_secrets).Write(objects) : $"apiVersion: {EstateTable.ApiVersion}\nworkspace: {workspace}\n";
    }

    private async Task<EstateOutcome> PlanAsync(IReadOnlyList<EstateWish> wishes, List<StoredEstate?> stored, CancellationToken ct)
    {
        var (plans, faults, warnings) = (new List<EstatePlan>(), new List<EstateFault>(), new List<EstateFault>());
        var models = new List<(EstateModel Model, IReadOnlyList<EstateObject> Objects)>();
        for (var i = 0; i < wishes.Count; i++)
        {
            var workspace = stored[i]?.Workspace.Id ?? 0;
            var current = stored[i]?.Objects ?? [];
            var desired = (wishes[i].From?.Invoke(current) ?? wishes[i].Objects).Select(o => Restored(o, current.FirstOrDefault(c => c.Key == o.Key), workspace)).ToArray();
            var plan = new EstateDiff(_secrets).Plan(wishes[i].Workspace, current, desired, wishes[i].Goes);
            if (wishes[i].Managed is { } managed && plan.Changes.Select(c => managed.Forbids(current, c)).OfType<EstateFault>().ToList() is { Count: > 0 } forbidden)
            {
                // Nothing else: what the plan would say of other objects is not for everybody.
                return new([], forbidden, []);
            }

            if (wishes[i].Unless?.Invoke(current) is { } refusal)
            {
                return new([], [refusal], []);
            }

            plans.Add(plan);
            faults.AddRange(plan.Changes.Where(c => !wishes[i].TakesOver && IsForeign(c)).Select(c => EstateFault.Error(
                c.Object.Body.Mark, c.Object.Path, $"{c.Object.Key} is managed by {c.Before!.Origin}; change it there", c.Object.Name)));

            EstateObject[] objects = [.. plan.Changes.Select(c => c.After).OfType<EstateObject>()];
            var compiled = new EstateCompiler(providers, o => cache.ResolverOf(o, workspace)).Compile(wishes[i].Workspace, objects, clock.GetUtcNow());
            faults.AddRange(compiled.Faults);
            warnings.AddRange(compiled.Warnings);
            if (compiled.Model is { } model)
            {
                models.Add((model, objects));
                var failed = RouteTests.Run(model, clock.GetUtcNow()).Select(f => EstateFault.Error(compiled.TestMarks[f.Test], f.Path, $"route test failed: {f.Text}"));
                (wishes[i].TestsMustHold ? faults : warnings).AddRange(wishes[i].TestsMustHold ? failed : failed.Select(f => f with { Gravity = EstateGravity.Warning }));
            }
        }

        faults.AddRange(EstateCompiler.SharedKeys(models));
        faults.AddRange(await TakenKeysAsync(models, ct));
        return new(plans, faults, warnings) { Models = [.. models.Select(m => m.Model)] };
    }

    /// <summary>The plans with what they mean for the people of schedules that are there already.</summary>
    private async Task<IReadOnlyList<EstatePlan>> SayAsync(EstateOutcome outcome, List<StoredEstate?> stored, CancellationToken ct)
    {
        var plans = new List<EstatePlan>();
        foreach (var (plan, i) in outcome.Plans.Select((plan, i) => (plan, i)))
        {
            var model = outcome.Models.FirstOrDefault(m => m.Workspace == plan.Workspace);
            var before = model is not null && stored[i] is { } known ? await cache.FindAsync(known.Workspace.Id, ct) : null;
            plans.Add(before is null ? plan : ScheduleSentences.Add(plan, before, model!, clock.GetUtcNow()));
        }

        return plans;
    }

    /// <summary>
    /// The wanted object with the secrets that only the database knows. One that equals what a file manages counts as that, so that an export
    /// can be applied again.
    /// </summary>
    private EstateObject Restored(EstateObject wanted, EstateObject? current, long workspace)
    {
        var restored = _secrets.Restore(wanted, current, cache.ResolverOf(wanted, workspace));
        return current is { Origin: { } origin } && restored.Origin is null && EstateNode.Same(current.Body, restored.Body) ? restored with { Origin = origin } : restored;
    }

    /// <summary>Changes what a file manages, without being that file.</summary>
    private static bool IsForeign(EstateChange change) =>
        change is { Action: EstateAction.Update, Before.Origin: not null, After.Origin: null };

    /// <summary>Keys of sources that belong to a workspace that is not being changed; whose, is not for everybody to know.</summary>
    private async Task<List<EstateFault>> TakenKeysAsync(List<(EstateModel Model, IReadOnlyList<EstateObject> Objects)> models, CancellationToken ct)
    {
        var faults = new List<EstateFault>();
        foreach (var (model, objects) in models)
        {
            foreach (var source in model.Sources.Values)
            {
                if (await cache.OwnerAsync(source.Key, ct) is { } owner && !models.Exists(m => m.Model.Workspace == owner.Name))
                {
                    var item = objects.First(o => o.Key == new EstateKey(model.Workspace, "source", source.Name));
                    faults.Add(EstateFault.Error(item.Body.Find("key")?.Mark ?? item.Body.Mark, $"{item.Path}.key", $"the key of source {source.Name} cannot be used; choose another"));
                }
            }
        }

        return faults;
    }

    /// <returns>False: somebody else changed one of the workspaces meanwhile; nothing was stored.</returns>
    private async Task<bool> SaveAsync(EstateOutcome outcome, List<StoredEstate?> stored, string actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var saved = await database.WriteAsync(
            async tx =>
            {
                var locked = new List<Workspaces.Workspace>();
                foreach (var plan in outcome.Plans)
                {
                    locked.Add(await store.LockAsync(tx, plan.Workspace, now));
                }

                // One that was made meanwhile, or just now out of the unused default, is new while nobody has changed it.
                if (locked.Where((workspace, i) => workspace.Revision != (stored[i]?.Workspace.Revision ?? 0)).Any())
                {
                    return false;
                }

                for (var i = 0; i < locked.Count; i++)
                {
                    var plan = outcome.Plans[i];
                    var revision = await store.SaveAsync(tx, locked[i].Id, plan, now);
                    if (!plan.IsEmpty)
                    {
                        await log.AppendAsync(tx, locked[i].Id, now, [new("estate.applied", "estate", actor, $"revision {revision}: {Summary(plan)}", Audit(plan))]);
                    }
                }

                return true;
            },
            ct);
        cache.Forget(0);
        return saved;
    }

    private static string Summary(EstatePlan plan) => plan.Render().TrimEnd('\n').Split('\n')[^1];

    /// <summary>What changed, by name and path; no values.</summary>
    private static string Audit(EstatePlan plan) => new JsonArray([.. plan.Changes.Where(c => c.Action != EstateAction.Keep).Select(c => (JsonNode)new JsonObject
    {
        ["action"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(c.Action.ToString()),
        ["kind"] = c.Object.Kind,
        ["name"] = c.Object.Name,
        ["paths"] = new JsonArray([.. c.Edits.Select(e => (JsonNode)e.Path)]),
    })]).ToJsonString();
}
