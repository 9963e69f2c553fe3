using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Devices;

/// <summary>Tells somebody that a device of theirs can't be reached any more, by the first of their other methods that takes it.</summary>
internal sealed class DeviceLoss(
    Database database, DeviceStore devices, IEstates estates, NotifierRegistry notifiers, PublicLinks links, JobStore jobs, EventLog log, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "device.lost";

    private const int MostTries = 6;

    public string Kind => JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var device = await database.ReadAsync(session => devices.FindAsync(session, job.Workspace, long.Parse(job.Payload)), ct);
        if (device?.EndedAt is null || estate.Model.Users.GetValueOrDefault(device.User) is not { Disabled: false } person)
        {
            // Registered again or removed meanwhile, or nobody's any more.
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        var (told, again) = await TellAsync(job, estate, person, device, ct);
        var now = clock.GetUtcNow();
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                if (told is null && again is not null && job.Failures + 1 < MostTries)
                {
                    await jobs.RescheduleAsync(tx, job, now + TimeSpan.FromSeconds(10 << job.Failures), again, failed: true);
                    return;
                }

                await jobs.CompleteAsync(tx, job);
                await log.AppendAsync(tx, job.Workspace, now, [new(
                    told is null ? "device.loss_untold" : "device.loss_told", $"device/{device.Id}", "system",
                    told is null ? $"{device.User} could not be told by any other method that {device.Name} is lost" : $"{device.User} was told by {told} that {device.Name} is lost")]);
            },
            ct);
    }

    private async Task<(string? Told, string? Again)> TellAsync(LeasedJob job, EstateSnapshot estate, Person person, Device device, CancellationToken ct)
    {
        var message = MessageOf(job, estate, device);
        string? again = null;
        var methods = person.High.Select(rule => person.Contact.FirstOrDefault(c => c.Name == rule.Via)).OfType<ContactMethod>().Concat(person.Contact).Distinct();
        foreach (var method in methods.OrderBy(m => notifiers.Find(m.Type)?.Info.ByDevices == true))
        {
            switch (notifiers.Find(method.Type) is { } notifier ? await notifier.SendAsync(message, method, ct) : null)
            {
                case SendOutcome.Accepted:
                    return (method.Name, null);
                case SendOutcome.TryAgain wait:
                    again = $"{method.Name}: {wait.Reason}";
                    break;
            }
        }

        return (null, again);
    }

    private Message MessageOf(LeasedJob job, EstateSnapshot estate, Device device)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Kind = MessageKind.DeviceLost,
            Key = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{job.Workspace}|{job.Key}")).AsSpan(0, 16)),
            Workspace = estate.Model.Workspace,
            WorkspaceId = job.Workspace,
            Incident = 0,
            Title = device.Name,
            Description = device.Error,
            Severity = Alerts.Severity.Warning,
            Urgency = Routing.Urgency.Low,
            Status = "triggered",
            StartedAt = now,
            Now = now,
            Recipient = device.User,
            IncidentUrl = links.BaseUrl is { } url ? new($"{url}/me/devices") : null,
        };
    }
}
