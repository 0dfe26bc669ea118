import { Migration } from '@mikro-orm/migrations';

export class CameraGroups extends Migration {
  override up(): void {
    this.addSql('alter table cameras add column worker_group text');
  }
}
