using Tocsin.Data;
using Tocsin.Notify;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Identity;

/// <summary>A key that was made just now, with its text, which is never seen again.</summary>
internal sealed record MadeKey(string Key, ApiKeyRow Facts);

/// <summary>
/// Makes, rotates and ends keys of our own kind. Nobody makes a key that may more than they may themselves, and nobody is given the key of
/// somebody else.
/// </summary>
internal sealed class KeyDesk(Database database, ApiKeyStore keys, EventLog log, TimeProvider clock)
{
    private const int MaxName = 100;
    private const int MostOfOnePerson = 20;

    private static readonly TimeSpan _grace = TimeSpan.FromDays(1);
    private static readonly TimeSpan _longestGrace = TimeSpan.FromDays(30);

    /// <summary>Those that the caller may see: administrators all, others their own.</summary>
    public Task<List<ApiKeyRow>> ListAsync(Caller by, CancellationToken ct) => database.ReadAsync(
        async session => by.May(Policies.Admin) ? await keys.ListAsync(session, by.Workspace)
            : by.Person is { } person ? await keys.ListOfAsync(session, by.Workspace, person)
            : by.Key is { } own && await keys.FindAsync(session, by.Workspace, own) is { } key ? [key]
            : [],
        ct);

    /// <returns>The key; or why it is not made, and then nothing changed.</returns>
    public async Task<Result<MadeKey>> CreateAsync(Caller by, KeyRequest wish, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var asked = Read(by, wish, now);
        if (!asked.Ok)
        {
            return asked.Error;
        }

        if (TooOld(by, asked.Value.Role, now) is { } tooOld)
        {
            return tooOld;
        }

        return await database.WriteAsync<Result<MadeKey>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(by.Workspace);
                if (asked.Value.Person is { } person && (await keys.ListOfAsync(tx, by.Workspace, person)).Count(k => k.Kind == ApiKeyText.Own && k.IsLive(now)) >= MostOfOnePerson)
                {
                    return Error.Conflict("key.too_many", $"You have {MostOfOnePerson} keys of your own. Revoke one that is not used any more.");
                }

                var made = await MakeAsync(tx, by.Workspace, asked.Value, now);
                await log.AppendAsync(tx, by.Workspace, now, [Line("key.created", made.Facts.Id, by, $"made {Described(made.Facts)}")]);
                return made;
            },
            ct);
    }

    /// <summary>Makes a key that may the same as another, which goes on for a while so that programs can be given the new one.</summary>
    public async Task<Result<MadeKey>> RotateAsync(Caller by, long id, KeyRotation wish, CancellationToken ct)
    {
        var (now, grace) = (clock.GetUtcNow(), _grace);
        if (wish.Grace is { } text && (!Estate.DurationText.TryParse(text, out grace) || grace > _longestGrace))
        {
            return Error.Invalid("grace", $"'grace' is a span such as 0, 1h or 7d, of {_longestGrace.TotalDays} days at most.");
        }

        if (Fault(wish.ExpiresAt, now) is { } fault)
        {
            return fault;
        }

        return await database.WriteAsync<Result<MadeKey>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(by.Workspace);
                if (await keys.FindAsync(tx, by.Workspace, id) is not { } old || !Owns(by, old))
                {
                    return Error.NotFound("key", $"{id}");
                }

                if (old.Kind != ApiKeyText.Own || !old.IsLive(now))
                {
                    return Error.Conflict("key.ended", old.IsLive(now) ? "Keys of /api-keys are not rotated: make a new one and revoke this." : $"Key {id} has ended; make a new one.");
                }

                if (old.ReplacedBy is { } already)
                {
                    return Error.Conflict("key.rotated", $"Key {id} was rotated already: key {already} takes its place.");
                }

                if (old.Person is not null && old.Person != by.Person)
                {
                    return Error.Forbidden($"Key {id} is {old.Owner}'s own: only {old.Owner} may have another in its place. You may revoke it.");
                }

                if ((TooMuch(by, old.Role, old.Scopes) ?? TooOld(by, old.Role, now)) is { } refusal)
                {
                    return refusal;
                }

                var expiresAt = wish.ExpiresAt?.ToUniversalTime() ?? (old.ExpiresAt is { } end ? now + (end - old.CreatedAt) : null);
                var made = await MakeAsync(tx, by.Workspace, new(old.Name, old.Role, by.Actor) { Scopes = old.Scopes, Person = old.Person, ExpiresAt = expiresAt }, now);
                await keys.ReplaceAsync(tx, by.Workspace, id, made.Facts.Id, now + grace);
                if (grace == TimeSpan.Zero)
                {
                    await keys.RevokeAsync(tx, by.Workspace, id, now);
                }

                await log.AppendAsync(tx, by.Workspace, now, [Line("key.rotated", id, by, $"key {made.Facts.Id} takes the place of {Described(old)}, which ends {(grace == TimeSpan.Zero ? "now" : $"by {now + grace:u}")}")]);
                return made;
            },
            ct);
    }

    /// <summary>Ends a key. One that has ended stays so: ending it again is no fault.</summary>
    /// <returns>What it was.</returns>
    public Task<Result<ApiKeyRow>> RevokeAsync(Caller by, long id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return database.WriteAsync<Result<ApiKeyRow>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(by.Workspace);
                if (await keys.FindAsync(tx, by.Workspace, id) is not { } key || !(Owns(by, key) || by.Key == id))
                {
                    return Error.NotFound("key", $"{id}");
                }

                if (await keys.RevokeAsync(tx, by.Workspace, id, now))
                {
                    await log.AppendAsync(tx, by.Workspace, now, [Line("key.revoked", id, by, $"revoked {Described(key)}")]);
                }

                return key;
            },
            ct);
    }

    /// <summary>The line of the log about a key; never the key.</summary>
    public static LogLine Line(string kind, long id, Caller by, string reason) => new(kind, $"key/{id}", by.Actor, reason);

    /// <summary>A key in words for the log.</summary>
    public static string Described(ApiKeyRow key)
    {
        var whose = key.Owner is { } owner ? $"{owner}'s" : "the workspace's";
        var scopes = ScopeWords.Write(key.Scopes) is { } words ? string.Join(' ', words) : "all scopes";
        var end = key.ExpiresAt is { } at ? $", until {at:u}" : "";
        return $"{whose} key \"{key.Name}\" ({key.Prefix}…): {key.Role.Word()}, {scopes}{end}";
    }

    /// <summary>What a request for a key asks for, if the caller may have it.</summary>
    private static Result<NewApiKey> Read(Caller by, KeyRequest wish, DateTimeOffset now)
    {
        var name = PlainText.OneLine(wish.Name, MaxName + 1).Trim();
        if (name.Length is 0 or > MaxName)
        {
            return Error.Invalid("name", $"Say what the key is for, in 1 to {MaxName} characters.");
        }

        if (RoleWords.Read(wish.Role) is not { } role)
        {
            return Error.Invalid("role", "Use owner, admin, responder, viewer or publisher.");
        }

        var scopes = ScopeWords.Read(wish.Scopes);
        if (!scopes.Ok)
        {
            return scopes.Error;
        }

        if (Fault(wish.ExpiresAt, now) is { } fault)
        {
            return fault;
        }

        if (wish.Personal && by.Person is null)
        {
            return Error.Invalid("personal", "A key has no keys of its own; leave 'personal' out.");
        }

        if (!wish.Personal && !by.May(Policies.Admin))
        {
            return Error.Forbidden("Keys of the workspace are made by administrators; 'personal': true makes one of your own.");
        }

        return TooMuch(by, role, scopes.Value) is { } more
            ? more
            : new NewApiKey(name, role, by.Actor) { Scopes = scopes.Value, ExpiresAt = wish.ExpiresAt?.ToUniversalTime(), Person = wish.Personal ? by.Person : null };
    }

    private static Error? Fault(DateTimeOffset? expiresAt, DateTimeOffset now) => expiresAt is { } end && (end <= now || end > now + Estate.DurationText.Max)
        ? Error.Invalid("expires_at", "'expires_at' is a time to come, in the next ten years.")
        : null;

    /// <summary>A key that could administer is a way in that stays: whoever makes one proves first who he is.</summary>
    private static Error? TooOld(Caller by, Role role, DateTimeOffset now) => role >= Role.Admin ? RecentProof.Missing(by, now) : null;

    private static Error? TooMuch(Caller by, Role role, Scopes scopes) =>
        role > by.Role ? Error.Forbidden($"You are {by.Role.Word()}: a key of yours may not be {role.Word()}.")
        : (scopes & ~by.Scopes) != Scopes.None ? Error.Forbidden($"Your key has the scopes {string.Join(", ", ScopeWords.Write(by.Scopes)!)}; name no others.")
        : null;

    /// <summary>Whether a key is the caller's to look after; what is not is not there.</summary>
    private static bool Owns(Caller by, ApiKeyRow key) => by.May(Policies.Admin) || (by.Person is { } person && key.Person == person);

    private async Task<MadeKey> MakeAsync(Tx tx, long workspace, NewApiKey asked, DateTimeOffset now)
    {
        var (id, key) = await keys.CreateAsync(tx, workspace, asked, now);
        return new(key, (await keys.FindAsync(tx, workspace, id))!);
    }
}
