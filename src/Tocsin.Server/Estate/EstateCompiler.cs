using System.Collections.Frozen;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>A workspace's estate, compiled.</summary>
/// <param name="Model">Null when there are faults.</param>
/// <param name="Faults">All of them, in the order of files and lines.</param>
/// <param name="Warnings">What works but probably not as meant; empty when there are faults.</param>
/// <param name="TestMarks">Where each route's tests stand.</param>
internal sealed record EstateCompilation(
    string Workspace, EstateModel? Model, IReadOnlyList<EstateFault> Faults, IReadOnlyList<EstateFault> Warnings, IReadOnlyDictionary<RouteTest, Mark> TestMarks);

/// <summary>From objects to the model that everything else works with: whole or not at all. Does no I/O but what the resolver does.</summary>
/// <param name="resolver">Which references an object may use.</param>
internal sealed class EstateCompiler(EstateProviders providers, Func<EstateObject, EstateResolver> resolver)
{
    /// <summary>Compiles one workspace.</summary>
    /// <param name="objects">All objects of the workspace and of no other.</param>
    /// <param name="now">For warnings about what comes: gaps in schedules. UTC.</param>
    /// <param name="lenient">
    /// For an estate that was accepted before: where a reference can no longer be filled in, a contact method lacks the setting and a source is
    /// left out, each with a warning, instead of nothing being usable.
    /// </param>
    public EstateCompilation Compile(string workspace, IReadOnlyList<EstateObject> objects, DateTimeOffset now, bool lenient = false)
    {
        var (faults, warnings) = (new List<EstateFault>(), new List<EstateFault>());
        var names = objects.GroupBy(o => o.Kind).ToDictionary(
            group => group.Key, group => (IReadOnlySet<string>)group.Select(o => o.Name).ToHashSet(StringComparer.Ordinal));
        var checker = new EstateChecker(names, providers, lenient, faults, warnings);
        var reader = new EstateReader(providers, faults);
        var bodies = new Dictionary<EstateKey, (EstateMap Body, string Path)>();
        foreach (var item in objects)
        {
            var body = item.Kind == EstateTable.RootRoute.Id && item.Body.Find("name") is null
                ? item.Body.With("name", new EstateScalar(EstateTable.RouteName, item.Body.Mark))
                : item.Body;
            var before = faults.Count;
            var filled = checker.Check(body, EstateTable.Kind(item.Kind).Shape, item.Path, resolver(item));
            if (body.Find("name") is EstateScalar name && EstateReferences.Any(name.Written))
            {
                faults.Add(EstateFault.Error(name.Mark, $"{item.Path}.name", "a name cannot be a reference", EstateReferences.WithoutDefaults(name.Written)));
            }
            else if (filled is null && lenient && item.Kind == "source")
            {
                warnings.AddRange(faults.Skip(before).Select(f => f with { Gravity = EstateGravity.Warning, Text = $"source {item.Name} is left out: {f.Text}" }));
                faults.RemoveRange(before, faults.Count - before);
            }
            else if (filled is not null)
            {
                bodies[item.Key] = (filled, item.Path);
            }
        }

        IEnumerable<(EstateMap Body, string Path)> Of(string kind) => bodies.Where(b => b.Key.Kind == kind).Select(b => b.Value);

        var holidays = Of("holidays").Select(o => EstateReader.ReadHolidays(o.Body)).ToFrozenDictionary(h => h.Name, StringComparer.Ordinal);
        reader.Apps = Of("channel").Select(o => EstateReader.ReadWritten(o.Body)).ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
        reader.IncompleteApps = Of("channel").Where(o => EstateReader.IsIncomplete(o.Body)).Select(o => o.Body.Text("type")).ToFrozenSet(StringComparer.Ordinal);
        var model = new EstateModel
        {
            Workspace = workspace,
            Users = Of("user").Select(o => reader.ReadUser(o.Body, o.Path)).ToFrozenDictionary(u => u.Name, StringComparer.Ordinal),
            Teams = Of("team").Select(o => EstateReader.ReadTeam(o.Body)).ToFrozenDictionary(t => t.Name, StringComparer.Ordinal),
            Services = Of("service").Select(o => EstateReader.ReadService(o.Body)).ToFrozenDictionary(s => s.Name, StringComparer.Ordinal),
            Schedules = Of("schedule").Select(o => reader.ReadSchedule(o.Body, o.Path, holidays)).ToFrozenDictionary(s => s.Name, StringComparer.Ordinal),
            Policies = Of("policy").Select(o => new EscalationReader(faults).ReadPolicy(o.Body, o.Path)).ToFrozenDictionary(p => p.Name, StringComparer.Ordinal),
            Channels = Of("channel").Select(o => reader.ReadChannel(o.Body, o.Path)).ToFrozenDictionary(c => c.Name, StringComparer.Ordinal),
            Sources = Of("source").Select(o => reader.ReadSource(o.Body, o.Path)).ToFrozenDictionary(s => s.Name, StringComparer.Ordinal),
            Silences = [.. Of("silence").Select(o => reader.ReadSilence(o.Body, o.Path))],
            Maintenance = [.. Of("maintenance").Select(o => reader.ReadMaintenance(o.Body, o.Path))],
            Inhibitions = [.. Of("inhibition").Select(o => reader.ReadInhibition(o.Body, o.Path))],
            Detectors = [.. Of("detector").Select(o => reader.ReadDetector(o.Body, o.Path))],
            Route = Of("route").Select(o => reader.ReadRoot(o.Body, o.Path)).FirstOrDefault() ?? new Route { Name = EstateTable.RouteName },
        };
        faults.AddRange(RepeatedKeys([.. Of("source")]));
        if (faults.Count > 0)
        {
            return new(workspace, null, InOrder(faults), [], FrozenDictionary<RouteTest, Mark>.Empty);
        }

        if (model.Route.Policy is null)
        {
            var at = Of("route").FirstOrDefault();
            model = model with { Route = model.Route with { Policy = OnlyPolicy(model, at.Body?.Mark ?? Mark.None, at.Path ?? "route", warnings) } };
        }

        if (!lenient)
        {
            // An estate that is in use was warned of when it was accepted; a year of each schedule costs too much to look at for nobody.
            warnings.AddRange(EstateWarnings.Find(model, bodies, providers, now));
        }

        return new(workspace, model, [], InOrder(warnings), reader.TestMarks);
    }

    /// <summary>
    /// The sources of several workspaces that have one key: an address must lead to one source. Texts name no other workspace's objects
    /// unless both stand in files.
    /// </summary>
    public static IEnumerable<EstateFault> SharedKeys(IEnumerable<(EstateModel Model, IReadOnlyList<EstateObject> Objects)> workspaces)
    {
        var taken = new Dictionary<string, EstateObject?>(StringComparer.Ordinal);
        foreach (var (model, objects) in workspaces)
        {
            foreach (var source in model.Sources.Values)
            {
                var item = objects.FirstOrDefault(o => o.Key == new EstateKey(model.Workspace, "source", source.Name));
                if (!taken.TryAdd(source.Key, item) && item is not null)
                {
                    var mark = item.Body.Find("key")?.Mark ?? item.Body.Mark;
                    var other = item.Origin is not null && taken[source.Key]?.Origin is { } origin ? $" at {origin}" : "";
                    yield return EstateFault.Error(mark, $"{item.Path}.key", $"the key of source {source.Name} is already that of another source{other}; choose another");
                }
            }
        }
    }

    private static IEnumerable<EstateFault> RepeatedKeys(IReadOnlyList<(EstateMap Body, string Path)> sources)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (body, path) in sources)
        {
            if (body.TryText("key", out var key) && body.TryText("name", out var name) && !first.TryAdd(key, name))
            {
                yield return EstateFault.Error(body.Find("key")!.Mark, $"{path}.key", $"the key of source {name} is already that of source {first[key]}; choose another");
            }
        }
    }

    private static string OnlyPolicy(EstateModel model, Mark mark, string path, List<EstateFault> warnings)
    {
        if (model.Policies.Count == 1)
        {
            return model.Policies.Keys[0];
        }

        warnings.Add(EstateFault.Warning(mark, path, model.Policies.Count == 0
            ? "there is no policy, so that no alert pages anybody"
            : "the root of the routing tree names no policy, so that alerts that no route takes page nobody"));
        return Route.NoPolicy;
    }

    private static EstateFault[] InOrder(IEnumerable<EstateFault> faults) =>
        [.. faults.OrderBy(f => f.Mark.File, StringComparer.Ordinal).ThenBy(f => f.Mark.Line).ThenBy(f => f.Mark.Column)];
}
