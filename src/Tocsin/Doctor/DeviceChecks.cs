using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Devices;
using Tocsin.Estate;
using Tocsin.Workspaces;

namespace Tocsin.Doctor;

/// <summary>Whether those who are to be rung on devices of their own have registered any.</summary>
internal sealed class DeviceChecks(EstateProviders providers)
{
    public async Task<IReadOnlyList<Finding>> RunAsync(Database database, IReadOnlyList<EstateModel> models, CancellationToken ct)
    {
        List<Finding> findings = [];
        var store = new WorkspaceStore();
        foreach (var model in models)
        {
            var live = await database.ReadAsync(
                async session => await store.FindAsync(session, model.Workspace) is { } workspace ? await DeviceStore.CountAsync(session, workspace.Id) : [], ct);
            var before = findings.Count;
            foreach (var user in model.Users.Values.Where(u => !u.Disabled).OrderBy(u => u.Name, StringComparer.Ordinal))
            {
                string[] kinds = [.. user.Contact.Select(method => providers.DeviceKindOf(method.Type)).OfType<string>().Distinct(StringComparer.Ordinal)];
                if (kinds.Length > 0 && !live.Exists(d => d.User == user.Name && kinds.Contains(d.Kind, StringComparer.Ordinal)))
                {
                    findings.Add(Missing($"{model.Workspace}: user {user.Name}", user.Contact.All(method => providers.DeviceKindOf(method.Type) is not null)));
                }
            }

            if (findings.Count == before && live.Count > 0)
            {
                findings.Add(Finding.Ok($"{model.Workspace}: devices", $"{Words.Count(live.Sum(d => d.Count), "device")} of {Words.Count(live.Select(d => d.User).Distinct(StringComparer.Ordinal).Count(), "person", "people")}"));
            }
        }

        return findings;
    }

    private static Finding Missing(string check, bool isOnlyWay) => isOnlyWay
        ? Finding.Problem(check, "is reached only on devices, and has none: no page arrives", "register one under Me, Devices, or add another contact method")
        : Finding.Warning(check, "is to be rung on devices, and has none; the other contact methods are used", "register one under Me, Devices");
}
