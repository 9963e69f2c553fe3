using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Operations;

namespace Tocsin.Audit;

/// <summary>Says in the installation's chain that a node starts, with which version, and which settings somebody gave it: their names, never their values.</summary>
internal sealed class AuditStart(Database database, AuditTrail trail, IConfiguration configuration, IEnumerable<SettingsSection> sections, IOptions<ServerOptions> server)
{
    public Task RunAsync(CancellationToken ct)
    {
        var given = sections.SelectMany(section => configuration.GetSection(section.Name).AsEnumerable().Where(pair => pair.Value is not null).Select(pair => pair.Key))
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal);
        var data = new JsonObject { ["node"] = Environment.MachineName, ["settings"] = new JsonArray([.. given.Select(name => (JsonNode)name)]) }.ToJsonString();
        return database.WriteAsync(
            tx => trail.RecordAsync(tx, AuditStore.Installation, new("system", "server.started", "installation", $"Tocsin {BuildInfo.Version} started, roles {server.Value.Roles}") { Data = data }), ct);
    }
}
