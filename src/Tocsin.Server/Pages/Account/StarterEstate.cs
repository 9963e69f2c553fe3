using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>
/// What a new installation begins with when nobody wrote an estate: the first person, reached by e-mail, a policy that calls her,
/// and a source of each kind. Ordinary objects, as if she had applied a file: they can be exported, changed and removed.
/// </summary>
internal sealed class StarterEstate(EstateDesk desk, IEstates estates)
{
    private const string KeyAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Makes it, unless the workspace has people or sources already.</summary>
    /// <param name="zone">An IANA zone id.</param>
    /// <returns>Null: made, or not needed. Else why it could not be made, as one sentence; the account is there all the same.</returns>
    public async Task<string?> MakeAsync(Account account, string fullName, string zone, CancellationToken ct)
    {
        try
        {
            return await TryAsync(account, fullName, zone, ct);
        }
        catch (StoreUnavailableException)
        {
            return "The first configuration could not be stored, since the store does not answer just now. The page about sources says how to make one.";
        }
    }

    private async Task<string?> TryAsync(Account account, string fullName, string zone, CancellationToken ct)
    {
        if (await estates.FindAsync(account.Workspace, ct) is { Model: { Users.Count: > 0 } or { Sources.Count: > 0 } })
        {
            return null;
        }

        var text = EstateFiles.Parse(Write(account, fullName, zone), "", account.WorkspaceName);
        var wish = new EstateWish(account.WorkspaceName, text.Objects, Goes: _ => false, TakesOver: false);
        var outcome = text.Faults.Count > 0 ? new EstateOutcome([], text.Faults, []) : await desk.ApplyAsync([wish], $"user:{account.UserName}", only: false, ct);
        estates.Forget(account.Workspace);
        return !outcome.Ok ? outcome.Error.Detail
            : outcome.Value.Faults is [var fault, ..] ? $"The first configuration could not be made: {fault.Message}"
            : null;
    }

    // JSON is YAML, and quotes whatever stands in a name.
    private static string Write(Account account, string fullName, string zone)
    {
        JsonArray AtOnce() => [new JsonObject { ["after"] = "0s", ["via"] = "mail" }];
        JsonObject Source(string name, string type) => new() { ["name"] = name, ["type"] = type, ["key"] = RandomNumberGenerator.GetString(KeyAlphabet, 32) };
        return new JsonObject
        {
            ["apiVersion"] = "tocsin/v1",
            ["workspace"] = account.WorkspaceName,
            ["users"] = new JsonArray(new JsonObject
            {
                ["name"] = account.UserName,
                ["full_name"] = fullName,
                ["email"] = account.Email,
                ["time_zone"] = zone,
                ["role"] = "owner",
                ["contact"] = new JsonArray(new JsonObject { ["name"] = "mail", ["type"] = "email", ["address"] = account.Email }),
                ["notify"] = new JsonObject { ["high"] = AtOnce(), ["low"] = AtOnce() },
            }),
            ["policies"] = new JsonArray(new JsonObject
            {
                ["name"] = "default",
                ["repeat"] = 2,
                ["steps"] = new JsonArray(new JsonObject { ["notify"] = new JsonArray($"user:{account.UserName}"), ["wait"] = "5m" }),
            }),
            ["sources"] = new JsonArray(Source("prometheus", "alertmanager"), Source("grafana", "grafana"), Source("anything", "generic")),
            ["route"] = new JsonObject { ["name"] = "root", ["policy"] = "default" },
        }.ToJsonString();
    }
}
