using System.Collections.Frozen;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Audit;

/// <summary>
/// Notes in the audit of the caller's workspace when somebody asks for what another workspace has. The answer is the same as for what is nowhere, also in the time that it takes: whether
/// it is somewhere is looked at later, for a few requests a minute of each workspace.
/// </summary>
internal sealed class ForeignReferences(Database database, AuditTrail trail, LoginLimits limits, AccountIds ids) : IDisposable
{
    public const string Action = "reference.foreign";

    private const int MostWaiting = 64;
    private const int LongestName = 100;
    private const int MostPeople = 10_000;

    /// <summary>What the end of a route's address names, and the table in which its number is the same in all workspaces. What is numbered or named by each workspace itself says nothing.</summary>
    private static readonly FrozenDictionary<string, (string Noun, string Table)> _kinds = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["alerts/{id}"] = ("alert", "alert"),
        ["dead/{id}"] = ("job", "job"),
        ["deliveries/{id}"] = ("delivery", "delivery"),
        ["replay/{id}"] = ("delivery", "delivery"),
        ["invitations/{id}"] = ("invitation", "invitation"),
        ["keys/{id}"] = ("key", "api_key"),
        ["members/{id}"] = ("member", "member"),
        ["sessions/{id}"] = ("session", "login"),
        ["sessions/{session}"] = ("session", "login"),
        ["silence/{id}"] = ("silence", "silence"),
        ["silences/{id}"] = ("silence", "silence"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Channel<Asked> _asked = Channel.CreateBounded<Asked>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Notes requests of known callers that were answered with "there is none".</summary>
    public static void Use(IApplicationBuilder app)
    {
        var references = app.ApplicationServices.GetRequiredService<ForeignReferences>();
        app.Use(async (http, next) =>
        {
            await next(http);
            if (MayBeForeign(http) && Caller.Find(http.User) is { } caller && http.GetEndpoint() is RouteEndpoint endpoint)
            {
                references.Note(caller, endpoint, http);
            }
        });
    }

    // Forms answer alike whatever became of them.
    private static bool MayBeForeign(HttpContext http) => http.Response.StatusCode == StatusCodes.Status404NotFound
        || (HttpMethods.IsPost(http.Request.Method) && http.Request.HasFormContentType && http.Response.StatusCode is StatusCodes.Status303SeeOther or StatusCodes.Status200OK);

    /// <summary>A workspace was named that is not the caller's.</summary>
    public void NoteWorkspace(Caller caller, string name) => Note(new(caller.Workspace, caller.Actor, RequestOrigin.TextOf(RequestOrigin.Current), "workspace", "workspace", name));

    /// <summary>Looks where those things are that were asked for since the last time.</summary>
    /// <exception cref="StoreUnavailableException">What was looked at is forgotten.</exception>
    public async Task LookAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            while (_asked.Reader.TryRead(out var asked))
            {
                await LookAsync(asked, ct);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task LookAsync(Asked asked, CancellationToken ct)
    {
        if (await database.ReadAsync(session => IsElsewhereAsync(session, asked), ct))
        {
            trail.Refused(asked.Workspace, new(asked.Actor, Action, $"{asked.Noun}/{asked.Id}", asked.Table == "workspace" ? "named a workspace that is not his" : $"asked for a {asked.Noun} that belongs to another workspace")
            {
                Address = asked.Address,
                Result = AuditResult.Refused,
            });
        }
    }

    private void Note(Caller caller, RouteEndpoint endpoint, HttpContext http)
    {
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            var pattern = $"/{endpoint.RoutePattern.RawText?.Trim('/')}/";
            var at = pattern.IndexOf($"/{{{parameter.Name}", StringComparison.Ordinal);
            var named = at < 0 ? "" : pattern[(pattern.LastIndexOf('/', at - 1) + 1)..at] + $"/{{{parameter.Name}}}";
            if (_kinds.TryGetValue(named, out var kind) && http.GetRouteValue(parameter.Name)?.ToString() is { } id)
            {
                Note(new(caller.Workspace, caller.Actor, RequestOrigin.TextOf(RequestOrigin.Current), kind.Noun, kind.Table, id));
            }
        }
    }

    private void Note(Asked asked)
    {
        if (asked.Id.Length is > 0 and <= LongestName && limits.Take($"foreign {asked.Workspace}") is null)
        {
            _asked.Writer.TryWrite(asked);
        }
    }

    private async Task<bool> IsElsewhereAsync(Session session, Asked asked) => asked.Table switch
    {
        "workspace" => await session.ScalarAsync("SELECT COUNT(*) FROM workspace WHERE name = @name AND id <> @mine", ("name", asked.Id), ("mine", asked.Workspace)) > 0,
        "member" => Guid.TryParse(asked.Id, out _) && (await session.QueryAsync(
            "SELECT person_id FROM member WHERE workspace_id <> @mine ORDER BY workspace_id, person_id LIMIT @most", static row => row.GetInt64(0), ("mine", asked.Workspace), ("most", MostPeople)))
            .Exists(person => ids.Of(person).ToString() == asked.Id),
        "silence" => await AnyAsync(session, asked, asked.Id),
        _ => long.TryParse(asked.Id, out var number) && await AnyAsync(session, asked, number),
    };

    // By way of the workspaces, so that the key of each table, which begins with them, is used.
    private static async Task<bool> AnyAsync(Session session, Asked asked, object id) => await session.ScalarAsync(
        $"SELECT COUNT(*) FROM workspace w WHERE w.id <> @mine AND EXISTS (SELECT 1 FROM {asked.Table} t WHERE t.workspace_id = w.id AND t.id = @id)",
        ("mine", asked.Workspace), ("id", id)) > 0;

    private sealed record Asked(long Workspace, string Actor, string Address, string Noun, string Table, string Id);
}
