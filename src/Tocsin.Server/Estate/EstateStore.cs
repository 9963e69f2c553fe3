using System.Data.Common;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;
using Tocsin.Workspaces;

namespace Tocsin.Estate;

/// <summary>A workspace as it is stored.</summary>
/// <param name="Objects">Null: nothing changed since the revision that is known.</param>
/// <param name="Silences">Those that people made and that have not ended.</param>
internal sealed record StoredEstate(Workspace Workspace, IReadOnlyList<EstateObject>? Objects, IReadOnlyList<Silence> Silences)
{
    /// <summary>Covers and time off, also those that ended lately: pages and calendars look back.</summary>
    public EnteredBook Entered { get; init; } = EnteredBook.Empty;

    /// <summary>The names of members who cannot come in: the users of these names are disabled, whatever the configuration says.</summary>
    public IReadOnlyList<string> Out { get; init; } = [];

    /// <summary>The accounts that people linked themselves.</summary>
    public IReadOnlyList<LinkedAccount> Links { get; init; } = [];
}

/// <summary>The objects of estates, as they were written; those that have a secret in plain text are sealed as a whole.</summary>
/// <param name="box">Null: for those who only look, before any server made a key.</param>
internal sealed class EstateStore(WorkspaceStore workspaces, SilenceStore silences, EntryStore entries, EstateProviders providers, SecretBox? box)
{
    /// <summary>How far back the compiled schedules know what people entered.</summary>
    private static readonly TimeSpan _lookBack = TimeSpan.FromDays(45);

    private readonly EstateSecrets _secrets = new(providers);

    /// <summary>All workspaces; those that <paramref name="isKnown"/> says are known come without their objects.</summary>
    public async Task<List<StoredEstate>> LoadAsync(Session session, Func<Workspace, bool> isKnown, DateTimeOffset now)
    {
        var read = new List<StoredEstate>();

        // The revision first: what is written meanwhile shows by a higher one the next time.
        foreach (var workspace in await workspaces.ListAsync(session))
        {
            read.Add(isKnown(workspace)
                ? new(workspace, null, [])
                : new(workspace, await LoadAsync(session, workspace.Id, workspace.Name), await silences.ListAsync(session, workspace.Id, now))
                {
                    Entered = await entries.ReadAsync(session, workspace.Id, now - _lookBack),
                    Out = await AccountStore.OutAsync(session, workspace.Id),
                    Links = await LinkedAccounts.ListAsync(session, workspace.Id),
                });
        }

        return read;
    }

    /// <summary>One workspace with its objects; null when there is none of that name.</summary>
    public async Task<StoredEstate?> FindAsync(Session session, string name) => await workspaces.FindAsync(session, name) is { } workspace
        ? new(workspace, await LoadAsync(session, workspace.Id, workspace.Name), [])
        : null;

    /// <summary>One object as it is stored; null when there is none of that kind and name.</summary>
    public async Task<EstateObject?> FindObjectAsync(Session session, long workspace, string workspaceName, string kind, string name) => (await session.QueryAsync(
        "SELECT body, origin FROM estate_object WHERE workspace_id = @workspace AND kind = @kind AND name = @name",
        row => EstateObject.Stored(workspaceName, kind, name, Read(workspace, kind, name, row.GetString(0)), row.NullableString(1)),
        ("workspace", workspace), ("kind", kind), ("name", name))).FirstOrDefault();

    /// <summary>The names of all objects of a kind, in order.</summary>
    public Task<List<string>> NamesAsync(Session session, long workspace, string kind) => session.QueryAsync(
        "SELECT name FROM estate_object WHERE workspace_id = @workspace AND kind = @kind ORDER BY name", static row => row.GetString(0), ("workspace", workspace), ("kind", kind));

    /// <summary>The place in a file that declares an object; null: people edit it, or there is none of that kind and name.</summary>
    public async Task<string?> OriginAsync(Session session, long workspace, string kind, string name) => (await session.QueryAsync(
        "SELECT origin FROM estate_object WHERE workspace_id = @workspace AND kind = @kind AND name = @name",
        static row => row.NullableString(0), ("workspace", workspace), ("kind", kind), ("name", name))).FirstOrDefault();

    /// <summary>Makes the workspace if it is missing, and lets nobody else change it until the transaction ends.</summary>
    public async Task<Workspace> LockAsync(Tx tx, string name, DateTimeOffset now)
    {
        var workspace = await workspaces.EnsureAsync(tx, name, now);
        await tx.LockWorkspaceAsync(workspace.Id);
        return await workspaces.FindAsync(tx, name) ?? workspace;
    }

    /// <summary>Seals what is stored in plain text although it has a secret: the rows of earlier versions. Idempotent.</summary>
    /// <returns>How many were sealed.</returns>
    public async Task<int> SealAsync(Tx tx)
    {
        var count = 0;
        foreach (var workspace in await workspaces.ListAsync(tx))
        {
            await tx.LockWorkspaceAsync(workspace.Id);
            var rows = await tx.QueryAsync(
                "SELECT kind, name, body FROM estate_object WHERE workspace_id = @workspace",
                static row => (Kind: row.GetString(0), Name: row.GetString(1), Body: row.GetString(2)), ("workspace", workspace.Id));
            foreach (var (kind, name, body) in rows.Where(row => !SecretBox.IsSealed(row.Body)))
            {
                var written = Write(workspace.Id, EstateObject.Stored(workspace.Name, kind, name, body, null));
                if (SecretBox.IsSealed(written))
                {
                    count += await tx.ExecuteAsync(
                        "UPDATE estate_object SET body = @body WHERE workspace_id = @workspace AND kind = @kind AND name = @name",
                        ("body", written), ("workspace", workspace.Id), ("kind", kind), ("name", name));
                }
            }
        }

        return count;
    }

    private Task<List<EstateObject>> LoadAsync(Session session, long workspace, string name) => session.QueryAsync(
        "SELECT kind, name, body, origin FROM estate_object WHERE workspace_id = @workspace ORDER BY kind, name",
        row => EstateObject.Stored(name, row.GetString(0), row.GetString(1), Read(workspace, row.GetString(0), row.GetString(1), row.GetString(2)), row.NullableString(3)),
        ("workspace", workspace));

    private string Write(long workspace, EstateObject item)
    {
        var body = EstateJson.Write(item.Body);
        return !_secrets.HasPlain(item) ? body
            : box?.Seal(body, PlaceOf(workspace, item.Kind, item.Name)) ?? throw new InvalidOperationException("There is no key to seal a secret with.");
    }

    private string Read(long workspace, string kind, string name, string body) => !SecretBox.IsSealed(body)
        ? body
        : box?.Open(body, PlaceOf(workspace, kind, name))
            ?? throw new StoreUnavailableException($"{kind} {name} of workspace {workspace} cannot be decrypted: it was sealed with another key, or changed in the database.");

    private static string PlaceOf(long workspace, string kind, string name) => $"estate_object/{workspace}/{kind}/{name}";

    /// <summary>Carries out a plan that was made for what is stored now; the caller has locked the workspace and checked its revision.</summary>
    /// <returns>The workspace's revision afterwards. It grows if anything is different for anybody; moved lines of files are not.</returns>
    /// <exception cref="DbException">The database refused or was lost.</exception>
    public async Task<long> SaveAsync(Tx tx, long workspace, EstatePlan plan, DateTimeOffset now)
    {
        if (plan.Changes.Any(c => c.Object.Kind == "inhibition" && c.Action != EstateAction.Keep))
        {
            await InhibitionStore.ForgetAsync(tx, workspace);
        }

        foreach (var change in plan.Changes.Where(c => c.Action == EstateAction.Delete))
        {
            await tx.ExecuteAsync(
                "DELETE FROM estate_object WHERE workspace_id = @workspace AND kind = @kind AND name = @name",
                ("workspace", workspace), ("kind", change.Object.Kind), ("name", change.Object.Name));
        }

        var written = plan.Changes.Select(c => c.Action is EstateAction.Create or EstateAction.Update || HasMoved(c) ? c.After : null).OfType<EstateObject>().ToArray();
        if (written.Length > 0)
        {
            await tx.BatchAsync(
                """
                INSERT INTO estate_object (workspace_id, kind, name, body, origin, updated_at) {rows}
                ON CONFLICT (workspace_id, kind, name) DO UPDATE SET body = excluded.body, origin = excluded.origin, updated_at = excluded.updated_at
                """,
                new("workspace", written.Select(_ => workspace).ToArray()), new("kind", written.Select(o => o.Kind).ToArray()),
                new("name", written.Select(o => o.Name).ToArray()), new("body", written.Select(o => Write(workspace, o)).ToArray()),
                new("origin", written.Select(o => o.Origin).ToArray()), new("now", written.Select(_ => now.ToMicros()).ToArray()));
        }

        return await tx.ScalarAsync(
            "UPDATE workspace SET revision = revision + @changed WHERE id = @workspace RETURNING revision",
            ("changed", plan.IsEmpty ? 0 : 1), ("workspace", workspace)) ?? throw new InvalidOperationException($"Workspace {workspace} is gone.");
    }

    private static bool HasMoved(EstateChange change) => change is { Before: { } before, After: { } after } && before.Origin != after.Origin;
}
