using Tocsin.Data;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Devices;

/// <summary>How one device's push service answered.</summary>
/// <param name="Gone">The service knows the device no more: nothing is sent to it from now on.</param>
internal readonly record struct DeviceAnswer(SendOutcome Outcome, bool Gone = false);

/// <summary>A notifier that reaches devices which people register themselves.</summary>
internal interface IDeviceNotifier : INotifier
{
    /// <summary>One of <see cref="Tocsin.Devices.DeviceKind"/>.</summary>
    string DeviceKind { get; }

    /// <summary>Sends to one device. As <see cref="INotifier.SendAsync"/>: ends within 10 s, with an answer.</summary>
    Task<DeviceAnswer> PushAsync(Message message, Device device, CancellationToken ct);
}

/// <summary>
/// Sends one message to all devices of a person at once, or to the one that the method names. One that takes it is enough: the others' failures
/// are kept with them, and who lost a device is told by another method.
/// </summary>
internal sealed class DeviceSender(Database database, DeviceStore devices, JobStore jobs, EventLog log, TimeProvider clock)
{
    public async Task<SendOutcome> SendAsync(IDeviceNotifier notifier, Message message, ContactMethod method, CancellationToken ct)
    {
        var named = SettingsCheck.Get(method, "device");
        var own = await database.ReadAsync(session => devices.OfUserAsync(session, message.WorkspaceId, message.Recipient), ct);
        var live = own.FindAll(d => d.Kind == notifier.DeviceKind && d.EndedAt is null && (named.Length == 0 || d.Name.Equals(named, StringComparison.OrdinalIgnoreCase)));
        if (live.Count == 0)
        {
            return new SendOutcome.Refused(named.Length > 0
                ? $"{message.Recipient} has no device '{named}'; it is registered under Me, Devices."
                : $"{message.Recipient} has no device; devices are registered under Me, Devices.");
        }

        var answers = await Task.WhenAll(live.Select(async device => (Device: device, Answer: await notifier.PushAsync(message, device, ct))));
        await NoteAsync(message, answers, ct);
        return Sum(answers);
    }

    /// <summary>Sends to one device, whatever its owner's methods say, and keeps the answer with it.</summary>
    public async Task<SendOutcome> SendAsync(IDeviceNotifier notifier, Message message, Device device, CancellationToken ct)
    {
        var answer = await notifier.PushAsync(message, device, ct);
        await NoteAsync(message, [(device, answer)], ct);
        return answer.Outcome;
    }

    private static SendOutcome Sum((Device Device, DeviceAnswer Answer)[] answers)
    {
        var taken = Array.FindAll(answers, a => a.Answer.Outcome is SendOutcome.Accepted);
        if (taken.Length > 0)
        {
            return new SendOutcome.Accepted($"{string.Join(", ", taken.Select(a => a.Device.Name))}{(taken.Length < answers.Length ? $" ({answers.Length - taken.Length} of {answers.Length} did not take it)" : "")}");
        }

        var again = answers.Select(a => a.Answer.Outcome).OfType<SendOutcome.TryAgain>().ToArray();
        var reason = string.Join("; ", answers.Select(a => $"{a.Device.Name}: {ReasonOf(a.Answer)}"));
        return again.Length > 0 ? new SendOutcome.TryAgain(reason, again.Min(a => a.RetryAfter)) : new SendOutcome.Refused(reason);
    }

    private static string? ReasonOf(DeviceAnswer answer) => answer.Outcome switch
    {
        SendOutcome.TryAgain again => again.Reason,
        SendOutcome.Refused refused => refused.Reason,
        _ => null,
    };

    private async Task NoteAsync(Message message, (Device Device, DeviceAnswer Answer)[] answers, CancellationToken ct)
    {
        try
        {
            await database.WriteAsync(tx => NoteAsync(tx, message, answers, clock.GetUtcNow()), ct);
        }
        catch (StoreUnavailableException)
        {
            // What the push services answered stands and decides about the page; only the note with the device is missing.
        }
    }

    private async Task NoteAsync(Tx tx, Message message, (Device Device, DeviceAnswer Answer)[] answers, DateTimeOffset now)
    {
        var workspace = message.WorkspaceId;
        await tx.LockWorkspaceAsync(workspace);
        foreach (var (known, answer) in answers)
        {
            if (await devices.FindAsync(tx, workspace, known.Id) is not { EndedAt: null } device)
            {
                continue;
            }

            var reason = ReasonOf(answer);
            await devices.SaveStateAsync(tx, workspace, device with
            {
                SentAt = reason is null ? now : device.SentAt,
                Error = reason is null ? null : PlainText.OneLine(reason, 300),
                ErrorAt = reason is null ? null : now,
                EndedAt = answer.Gone ? now : null,

                // After each test the question is asked again.
                Rang = message.Kind == MessageKind.Test && reason is null ? null : device.Rang,
                RangAt = message.Kind == MessageKind.Test && reason is null ? null : device.RangAt,
            });
            if (answer.Gone)
            {
                await log.AppendAsync(tx, workspace, now, [new("device.lost", $"device/{device.Id}", "system", $"{device.Name} of {device.User} can't be reached any more: {reason}")]);
                await jobs.EnqueueAsync(tx, [new(workspace, DeviceLoss.JobKind, $"{DeviceLoss.JobKind}/{device.Id}/{device.CreatedAt.ToMicros()}", 0, now, $"{device.Id}")], now);
            }
        }
    }
}
