using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.OnCall;
using Tocsin.Routing;
using Tocsin.Workspaces;

namespace Tocsin.Doctor;

/// <summary>The configuration of each workspace: whether it compiles, what in it is doubtful, and secrets that are none.</summary>
/// <param name="box">Opens secrets that are stored as such; null: no server made a key yet.</param>
internal sealed class EstateChecks(EstateProviders providers, SecretBox? box)
{
    private const int ShortKey = 20;

    // They stand in the examples, so everybody knows them.
    private static readonly string[] Published =
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "am-source-key-0000000000000001", "grafana-source-key-00000000001", "generic-source-key-00000000001",
        "whsec_dG9jc2luLWV4YW1wbGUtc2VjcmV0LW9mLTMyLWI=", "example-prometheus-key-01", "example-grafana-key-0001", "example-scripts-key-0001",
    ];

    public async Task<(IReadOnlyList<EstateModel> Models, IReadOnlyList<Finding> Findings)> RunAsync(Database database, DateTimeOffset now, CancellationToken ct)
    {
        List<EstateModel> models = [];
        List<Finding> findings = [];
        var store = new EstateStore(new WorkspaceStore(), new SilenceStore(), new EntryStore(), providers, box);
        foreach (var (workspace, stored, _) in await database.ReadAsync(session => store.LoadAsync(session, isKnown: _ => false, now), ct))
        {
            var objects = stored ?? [];
            var compiled = new EstateCompiler(providers, _ => EstateResolver.Process).Compile(workspace.Name, objects, now);
            var check = $"{workspace.Name}: estate";
            findings.AddRange(compiled.Faults.Select(fault => Finding.Problem(check, fault.ToString(), "mend it; until then the last good configuration stays")));
            findings.AddRange(compiled.Warnings.Select(warning => Finding.Warning(check, warning.ToString(), "make it say what you mean")));
            if (compiled.Model is { } model)
            {
                models.Add(model);
                findings.Add(Finding.Ok(check, $"{objects.Count} objects, revision {workspace.Revision}"));
                findings.AddRange(Weak(model));
            }
        }

        return (models, findings);
    }

    private static IEnumerable<Finding> Weak(EstateModel model)
    {
        foreach (var source in model.Sources.Values.OrderBy(source => source.Name, StringComparer.Ordinal))
        {
            if (Published.Contains(source.Key, StringComparer.Ordinal) || source.Key.Length < ShortKey)
            {
                yield return Finding.Warning(
                    $"{model.Workspace}: source {source.Name}", "its key is an example's or short: others can guess it and raise alerts", "give it a key of 32 random characters");
            }
        }

        foreach (var (owner, method) in ContactMethods.Of(model))
        {
            if (method.Settings.Values.Any(value => Published.Contains(value, StringComparer.Ordinal)))
            {
                yield return Finding.Warning($"{model.Workspace}: {owner}, {method.Name}", "its secret is an example's", "make one: openssl rand -base64 32, after whsec_");
            }
        }
    }
}
