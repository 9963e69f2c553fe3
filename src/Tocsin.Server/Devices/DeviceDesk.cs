using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Devices;

/// <summary>What people do with their own devices. Nobody sees or touches another's.</summary>
internal sealed class DeviceDesk(
    Database database, DeviceStore devices, NotifierRegistry notifiers, DeviceSender sender, ContactProofs proofs, IEstates estates, AuditTrail audit, IOptions<OutgoingOptions> outgoing,
    PublicLinks links, TimeProvider clock)
{
    private const int MaxName = 60;
    private const int MostOfOnePerson = 20;
    private const int MaxToken = 4096;

    private readonly AllowList _allow = AllowList.Parse(outgoing.Value.Allow, out _);

    public Task<List<Device>> OfAsync(Caller caller, CancellationToken ct) =>
        database.ReadAsync(session => devices.OfUserAsync(session, caller.Workspace, NameOf(caller)), ct);

    /// <summary>Registers a device, or brings one that is known by its address up to date. Idempotent.</summary>
    /// <param name="agent">What the browser says of itself.</param>
    public async Task<Result<Device>> RegisterAsync(Caller caller, DeviceRequest wish, string agent, CancellationToken ct)
    {
        var address = Read(wish);
        if (!address.Ok)
        {
            return address.Error;
        }

        var user = NameOf(caller);
        return await database.WriteAsync<Result<Device>>(
            async tx =>
            {
                var own = await devices.OfUserAsync(tx, caller.Workspace, user);
                var hash = address.Value.Hash;
                var others = own.FindAll(d => !d.Address.Hash.AsSpan().SequenceEqual(hash));
                if (others.Count >= MostOfOnePerson)
                {
                    return Error.Conflict("device.too_many", $"A person has at most {MostOfOnePerson} devices. Remove one first.");
                }

                var name = PlainText.OneLine(wish.Name, MaxName) is { Length: > 0 } given ? given : AgentWords.NameOf(agent);
                var id = await devices.SaveAsync(tx, caller.Workspace, new()
                {
                    User = user,
                    Kind = wish.Kind ?? DeviceKind.Web,
                    Name = Unused(name, others),
                    Address = address.Value,
                    Host = wish.Kind == DeviceKind.App ? "Firebase Cloud Messaging" : new Uri(address.Value.Target).Host,
                    Agent = PlainText.OneLine(agent, 300),
                    CreatedAt = clock.GetUtcNow(),
                });
                var device = (await devices.FindAsync(tx, caller.Workspace, id))!;
                await audit.RecordAsync(tx, caller.Workspace, new(caller.Actor, "device.registered", $"device/{id}", $"{user} registered the device '{device.Name}' by {device.Host}"));
                return device;
            },
            ct);
    }

    /// <returns>Null: it is removed, and nothing is sent to it any more.</returns>
    public Task<Error?> RemoveAsync(Caller caller, long id, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (await FindAsync(tx, caller, id) is not { } device)
            {
                return Missing(id);
            }

            await devices.DeleteAsync(tx, caller.Workspace, id);
            await audit.RecordAsync(tx, caller.Workspace, new(caller.Actor, "device.removed", $"device/{id}", $"{device.User} removed the device '{device.Name}'"));
            return null;
        },
        ct);

    /// <summary>Keeps what the owner answered to "did it ring?".</summary>
    public async Task<Error?> RangAsync(Caller caller, long id, bool rang, CancellationToken ct)
    {
        var estate = await estates.FindAsync(caller.Workspace, ct);
        return await database.WriteAsync(tx => RangAsync(tx, estate, caller, id, rang), ct);
    }

    private async Task<Error?> RangAsync(Tx tx, EstateSnapshot? estate, Caller caller, long id, bool rang)
    {
        await tx.LockWorkspaceAsync(caller.Workspace);
        if (await FindAsync(tx, caller, id) is not { } device)
        {
            return Missing(id);
        }

        var now = clock.GetUtcNow();
        await devices.SaveStateAsync(tx, caller.Workspace, device with { Rang = rang, RangAt = now });
        if (rang && estate is not null)
        {
            await proofs.RangAsync(tx, estate, device.User, notifiers.All.OfType<IDeviceNotifier>().Single(n => n.DeviceKind == device.Kind).Info.Id, now);
        }

        return null;
    }

    /// <summary>Sends a test message to the one device now and says what its push service answered. Nothing is retried.</summary>
    public async Task<Result<SendOutcome>> TestAsync(Caller caller, long id, CancellationToken ct)
    {
        if (await database.ReadAsync(session => FindAsync(session, caller, id), ct) is not { } device)
        {
            return Missing(id);
        }

        if (device.EndedAt is not null)
        {
            return Error.Conflict("device.ended", $"{device.Name} can't be reached any more: register it again on the device itself.");
        }

        var now = clock.GetUtcNow();
        return await sender.SendAsync(
            notifiers.All.OfType<IDeviceNotifier>().Single(n => n.DeviceKind == device.Kind),
            new()
            {
                Kind = MessageKind.Test,
                Key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
                Workspace = caller.WorkspaceName,
                WorkspaceId = caller.Workspace,
                Incident = 0,
                Title = "Test: this is how Tocsin reaches you",
                Severity = Alerts.Severity.Info,
                Urgency = Routing.Urgency.Low,
                Status = "triggered",
                StartedAt = now,
                Now = now,
                Recipient = device.User,
                IncidentUrl = links.BaseUrl is { } url ? new($"{url}/me/devices") : null,
            },
            device, ct);
    }

    private static Error Missing(long id) => Error.NotFound("device", $"{id}");

    /// <summary>The estate's user; an account that is none has devices under its own name, which nothing pages.</summary>
    private static string NameOf(Caller caller) => caller.User ?? caller.Actor;

    private async Task<Device?> FindAsync(Session session, Caller caller, long id) =>
        await devices.FindAsync(session, caller.Workspace, id) is { } device && device.User == NameOf(caller) ? device : null;

    private static string Unused(string name, List<Device> others)
    {
        var unused = name;
        for (var i = 2; others.Exists(d => d.Name.Equals(unused, StringComparison.OrdinalIgnoreCase)); i++)
        {
            unused = $"{name} {i}";
        }

        return unused;
    }

    private Result<DeviceAddress> Read(DeviceRequest wish) => wish switch
    {
        { Kind: null or DeviceKind.Web, Subscription: { } subscription } => Read(subscription),
        { Kind: null or DeviceKind.Web } => Error.Invalid("subscription", "Send what the browser's PushManager.subscribe() gave, with endpoint and keys."),
        { Kind: DeviceKind.App, Token: { Length: > 0 and <= MaxToken } token } when token.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 => new DeviceAddress(token),
        { Kind: DeviceKind.App } => Error.Invalid("token", $"Send the app's registration token, 1 to {MaxToken} characters."),
        _ => Error.Invalid("kind", "A device is of kind web or app."),
    };

    private Result<DeviceAddress> Read(PushSubscriptionKeys subscription)
    {
        var url = OutgoingUrl.Parse(subscription.Endpoint ?? "", "subscription.endpoint");
        if (!url.Ok)
        {
            return url.Error;
        }

        if (url.Value.Scheme != Uri.UriSchemeHttps && !IsListed(url.Value))
        {
            return Error.Invalid("subscription.endpoint", "A push service is called by https only, unless the operator lists its host and port in Outgoing:Allow.");
        }

        if (IPAddress.TryParse(url.Value.Host.Trim('[', ']'), out var literal) && AddressGuard.WhyRefused(literal) is { } why && !IsListed(url.Value))
        {
            return Error.Invalid("subscription.endpoint", $"The endpoint is {why}, which is not called unless the operator lists it in Outgoing:Allow.");
        }

        return !IsBytes(subscription.Keys?.P256dh, PushCipher.PointBytes) || !PushCipher.IsPoint(Base64Url.DecodeFromChars(subscription.Keys!.P256dh))
            ? Error.Invalid("subscription.keys.p256dh", "The key p256dh is not a point of P-256 in base64url.")
            : !IsBytes(subscription.Keys.Auth, PushCipher.AuthBytes) ? Error.Invalid("subscription.keys.auth", $"The secret auth is not {PushCipher.AuthBytes} bytes in base64url.")
            : new DeviceAddress(subscription.Endpoint!, subscription.Keys.P256dh, subscription.Keys.Auth);
    }

    private bool IsListed(Uri url) =>
        _allow.HasName(url.Host, url.Port) || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && _allow.HasAddress(address, url.Port));

    private static bool IsBytes(string? text, int bytes) => text is { Length: < 200 } && Base64Url.IsValid(text, out var length) && length == bytes;
}
