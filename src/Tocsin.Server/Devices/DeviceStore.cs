using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;

namespace Tocsin.Devices;

/// <summary>Where a device is reached. What it holds lets its owner be rung: it is sealed at rest and never shown.</summary>
/// <param name="Target">The endpoint of a push subscription, or the registration token of an app.</param>
/// <param name="P256dh">A subscription's key in base64url; null for apps.</param>
/// <param name="Auth">A subscription's secret in base64url; null for apps.</param>
internal sealed record DeviceAddress(string Target, string? P256dh = null, string? Auth = null)
{
    /// <summary>By which one device is known again.</summary>
    public byte[] Hash => SHA256.HashData(Encoding.UTF8.GetBytes(Target));

    public byte[] Point => Base64Url.DecodeFromChars(P256dh);

    public byte[] Secret => Base64Url.DecodeFromChars(Auth);
}

/// <summary>A browser or app that somebody registered to be rung on.</summary>
internal sealed record Device
{
    public long Id { get; init; }

    public required string User { get; init; }

    /// <summary><see cref="DeviceKind.Web"/> or <see cref="DeviceKind.App"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Unique among the user's, as they call it.</summary>
    public required string Name { get; init; }

    public required DeviceAddress Address { get; init; }

    /// <summary>The push service, for people.</summary>
    public required string Host { get; init; }

    /// <summary>What the browser said of itself when it registered.</summary>
    public required string Agent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the push service last took a message.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>Why the last message was not taken; null: it was.</summary>
    public string? Error { get; init; }

    public DateTimeOffset? ErrorAt { get; init; }

    /// <summary>The push service said that it is gone; nothing is sent any more.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What the owner answered to "did it ring?"; null: nothing yet.</summary>
    public bool? Rang { get; init; }

    public DateTimeOffset? RangAt { get; init; }
}

internal static class DeviceKind
{
    /// <summary>A browser, by Web Push.</summary>
    public const string Web = "web";

    /// <summary>An app, by Firebase Cloud Messaging.</summary>
    public const string App = "app";
}

/// <summary>The devices of people, by workspace and user.</summary>
internal sealed partial class DeviceStore(SecretBox box)
{
    private const string Columns =
        "id, workspace_id, user_name, kind, name, address_hash, address, host, agent, created_at, sent_at, error, error_at, ended_at, rang, rang_at";

    public Task<List<Device>> OfUserAsync(Session session, long workspace, string user) => session.QueryAsync(
        $"SELECT {Columns} FROM device WHERE workspace_id = @workspace AND user_name = @user ORDER BY id", Read, ("workspace", workspace), ("user", user));

    public Task<Device?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {Columns} FROM device WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    public Task<Device?> FindAsync(Session session, long workspace, byte[] hash) => session.FirstAsync(
        $"SELECT {Columns} FROM device WHERE workspace_id = @workspace AND address_hash = @hash", Read, ("workspace", workspace), ("hash", hash));

    /// <summary>How many live devices each user has, by kind.</summary>
    public static Task<List<(string User, string Kind, long Count)>> CountAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT user_name, kind, COUNT(*) FROM device WHERE workspace_id = @workspace AND ended_at IS NULL GROUP BY user_name, kind",
        static row => (row.GetString(0), row.GetString(1), row.GetInt64(2)), ("workspace", workspace));

    /// <summary>Adds a device, or brings one whose address is known up to date: it then has this owner, name and keys, and lives again.</summary>
    /// <returns>Its id.</returns>
    public async Task<long> SaveAsync(Tx tx, long workspace, Device device)
    {
        var hash = device.Address.Hash;
        return await tx.ScalarAsync(
            """
            INSERT INTO device (workspace_id, user_name, kind, name, address_hash, address, host, agent, created_at)
            VALUES (@workspace, @user, @kind, @name, @hash, @address, @host, @agent, @created)
            ON CONFLICT (workspace_id, address_hash) DO UPDATE SET user_name = excluded.user_name, kind = excluded.kind, name = excluded.name,
                address = excluded.address, host = excluded.host, agent = excluded.agent, created_at = excluded.created_at,
                sent_at = NULL, error = NULL, error_at = NULL, ended_at = NULL, rang = NULL, rang_at = NULL
            RETURNING id
            """,
            ("workspace", workspace), ("user", device.User), ("kind", device.Kind), ("name", device.Name), ("hash", hash),
            ("address", box.Seal(JsonSerializer.Serialize(device.Address, AddressJson.Default.DeviceAddress), PlaceOf(workspace, hash))),
            ("host", device.Host), ("agent", device.Agent), ("created", device.CreatedAt.ToMicros())) ?? throw new InvalidOperationException("An upsert returns its row.");
    }

    /// <summary>Notes how a message to it went.</summary>
    public Task SaveStateAsync(Tx tx, long workspace, Device device) => tx.ExecuteAsync(
        """
        UPDATE device SET sent_at = @sent, error = @error, error_at = @error_at, ended_at = @ended, rang = @rang, rang_at = @rang_at
        WHERE workspace_id = @workspace AND id = @id
        """,
        ("sent", device.SentAt.ToMicros()), ("error", device.Error), ("error_at", device.ErrorAt.ToMicros()), ("ended", device.EndedAt.ToMicros()),
        ("rang", device.Rang is { } rang ? rang ? 1 : 0 : null), ("rang_at", device.RangAt.ToMicros()), ("workspace", workspace), ("id", device.Id));

    /// <returns>False: it was not there.</returns>
    public async Task<bool> DeleteAsync(Tx tx, long workspace, long id) => await tx.ExecuteAsync(
        "DELETE FROM device WHERE workspace_id = @workspace AND id = @id", ("workspace", workspace), ("id", id)) == 1;

    private static string PlaceOf(long workspace, byte[] hash) => $"device/{workspace}/{Convert.ToHexStringLower(hash)}";

    private Device Read(DbDataReader row)
    {
        var address = box.Open(row.GetString(6), PlaceOf(row.GetInt64(1), row.GetFieldValue<byte[]>(5)));
        return new()
        {
            Id = row.GetInt64(0),
            User = row.GetString(2),
            Kind = row.GetString(3),
            Name = row.GetString(4),
            Address = address is null ? new("") : JsonSerializer.Deserialize(address, AddressJson.Default.DeviceAddress)!,
            Host = row.GetString(7),
            Agent = row.GetString(8),
            CreatedAt = row.Instant(9),
            SentAt = row.NullableInstant(10),
            Error = row.NullableString(11),
            ErrorAt = row.NullableInstant(12),
            EndedAt = row.NullableInstant(13),
            Rang = row.NullableLong(14) is { } rang ? rang == 1 : null,
            RangAt = row.NullableInstant(15),
        };
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(DeviceAddress))]
    private sealed partial class AddressJson : JsonSerializerContext;
}
