// Written by `python ui/wire.py` from the endpoint table. Do not edit.

export interface AbortMultipartUpload {
  artifact_path?: string;
  path: string;
  upload_id: string;
}

export interface About {
  version: string;
  store: string;
  serves_artifacts: boolean;
  predicts: boolean;
}

export interface AboutServer {
}

export interface ArtifactsPage {
  root_uri: string;
  files?: FileInfo[];
  next_page_token?: string;
}

export interface Ask {
}

export interface ChangeExperiments {
  experiment_ids: string[];
  action: "delete" | "restore";
}

export interface ChangeRuns {
  run_ids: string[];
  action: "delete" | "restore" | "tag" | "untag";
  tags?: RunTag[];
  keys?: string[];
}

export interface Changed {
  count: number;
}

export interface Changes {
  experiment_ids: string[];
  run_ids: string[];
}

export interface ColumnSpec {
  name: string;
  type: string;
  required?: boolean;
  shape?: number[] | null;
  default?: unknown;
}

export interface CompareRuns {
  run_ids: string[];
  metrics?: string[];
  most_metrics?: number;
  points?: number;
  axis?: "relative" | "step" | "time";
}

export interface Comparison {
  runs: RunRows;
  metrics: string[];
  series: Series[];
}

export interface CompleteMultipartUpload {
  artifact_path?: string;
  path: string;
  upload_id: string;
  parts?: MultipartUploadPart[];
}

export interface CreateDatasetVersion {
  name: string;
  digest: string;
  kind?: "reference" | "stored";
  uri: string;
  size?: number;
  type?: string;
  description?: string;
  run_id?: string;
  aliases?: string[];
  tags?: DatasetTag[];
}

export interface CreateExperiment {
  name: string;
  artifact_location?: string;
  tags?: ExperimentTag[];
}

export interface CreateLoggedModel {
  experiment_id: string;
  name?: string;
  model_type?: string | null;
  source_run_id?: string | null;
  params?: LoggedModelParameter[];
  tags?: LoggedModelTag[];
}

export interface CreateModelVersion {
  name: string;
  source: string;
  run_id?: string;
  tags?: ModelVersionTag[];
  run_link?: string;
  description?: string;
  model_id?: string | null;
}

export interface CreateMultipartUpload {
  artifact_path?: string;
  path: string;
  num_parts: number;
}

export interface CreatePresignedUrl {
  run_id: string;
  path: string;
  expiration?: number | null;
  model_id?: string | null;
}

export interface CreateRegisteredModel {
  name: string;
  tags?: RegisteredModelTag[];
  description?: string;
}

export interface CreateRun {
  experiment_id?: string;
  user_id?: string;
  run_name?: string;
  start_time?: number | null;
  tags?: RunTag[];
  run_id?: string | null;
}

export interface Dataset {
  name: string;
  digest: string;
  source_type?: string;
  source?: string;
  schema?: string | null;
  profile?: string | null;
}

export interface DatasetChoice {
  dataset_name: string;
  dataset_digest?: string | null;
}

export interface DatasetInput {
  dataset: Dataset;
  tags?: InputTag[];
}

export interface DatasetLineage {
  uses: DatasetUse[];
}

export interface DatasetSummary {
  experiment_id: string;
  name: string;
  digest: string;
  context?: string | null;
}

export interface DatasetTag {
  key: string;
  value?: string;
}

export interface DatasetUse {
  name: string;
  version: number;
  run_id: string;
  role: "consumer" | "producer";
  at?: number;
}

export interface DatasetUseReply {
  dataset: NamedDataset;
  version: DatasetVersion;
}

export interface DatasetVersion {
  name: string;
  version: number;
  digest: string;
  kind?: "reference" | "stored";
  uri?: string;
  size?: number;
  run_id?: string;
  created?: number;
  aliases?: string[];
  tags?: DatasetTag[];
  is_gone?: boolean;
}

export interface DatasetVersionReply {
  dataset: NamedDataset;
  version: DatasetVersion;
  is_new?: boolean;
}

export interface DatasetVersionsFound {
  versions: DatasetVersion[];
  next_page_token?: string;
}

export interface DatasetsReply {
  dataset_summaries?: DatasetSummary[];
}

export interface DeleteDatasetAlias {
  name: string;
  alias: string;
}

export interface DeleteExperiment {
  experiment_id: string;
}

export interface DeleteExperimentTag {
  experiment_id: string;
  key: string;
}

export interface DeleteLoggedModel {
  model_id: string;
}

export interface DeleteLoggedModelTag {
  model_id: string;
  tag_key: string;
}

export interface DeleteModelVersion {
  name: string;
  version: string;
}

export interface DeleteModelVersionTag {
  name: string;
  version: string;
  key: string;
}

export interface DeleteRegisteredModel {
  name: string;
}

export interface DeleteRegisteredModelAlias {
  name: string;
  alias: string;
}

export interface DeleteRegisteredModelTag {
  name: string;
  key: string;
}

export interface DeleteRun {
  run_id: string;
}

export interface DeleteTag {
  run_id: string;
  key: string;
}

export interface DescribeModel {
  run_id?: string;
  model_id?: string;
  name?: string;
  version?: string;
  path?: string;
}

export interface DownloadUriReply {
  artifact_uri: string;
}

export interface Empty {
}

export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location?: string;
  lifecycle_stage?: string;
  last_update_time?: number | null;
  creation_time?: number | null;
  tags?: ExperimentTag[];
  workspace?: string | null;
  effective_trace_archival_retention?: string | null;
}

export interface ExperimentCreated {
  experiment_id: string;
}

export interface ExperimentReply {
  experiment: Experiment;
}

export interface ExperimentRow {
  experiment_id: string;
  name: string;
  lifecycle_stage: string;
  creation_time: number;
  last_activity: number;
  runs: number;
  tags?: ExperimentTag[];
}

export interface ExperimentRows {
  total: number;
  experiments: ExperimentRow[];
}

export interface ExperimentTag {
  key: string;
  value?: string;
}

export interface ExperimentsPage {
  experiments?: Experiment[];
  next_page_token?: string;
}

export interface ExportRuns {
  experiment_id?: string[];
  filter?: string;
  order_by?: string[];
  view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
  column?: string[];
  format?: "csv" | "parquet";
}

export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number | null;
}

export interface FilePreview {
  kind: "audio" | "binary" | "html" | "image" | "json" | "markdown" | "pdf" | "table" | "text" | "video";
  bytes: number;
  content_type: string;
  text?: string;
  offset?: number;
  next_offset?: number;
  columns?: string[];
  rows?: ((string | null)[])[];
  total_rows?: number | null;
}

export interface FilesReply {
  files?: FileInfo[];
}

export interface FinalizeLoggedModel {
  model_id: string;
  status: "LOGGED_MODEL_PENDING" | "LOGGED_MODEL_READY" | "LOGGED_MODEL_STATUS_UNSPECIFIED" | "LOGGED_MODEL_UPLOAD_FAILED";
}

export interface FindKeys {
  experiment_ids?: string[];
  run_ids?: string[];
  kind: "metrics" | "params" | "tags";
  contains?: string;
  limit?: number;
}

export interface FindValues {
  experiment_ids?: string[];
  column: string;
  contains?: string;
  limit?: number;
}

export interface FindVarying {
  experiment_ids?: string[];
  filter?: string;
  limit?: number;
}

export interface GetArchive {
  run_id?: string;
  model_id?: string;
  name?: string;
  version?: string;
  path?: string;
}

export interface GetDatasetLineage {
  reference?: string;
  run_id?: string;
  max_results?: number;
}

export interface GetDatasetVersion {
  reference: string;
}

export interface GetExperiment {
  experiment_id: string;
}

export interface GetExperimentByName {
  experiment_name: string;
}

export interface GetLatestVersions {
  name: string;
  stages?: string[];
}

export interface GetLiveness {
  run_ids?: string[];
}

export interface GetLoggedModel {
  model_id: string;
}

export interface GetMetricHistory {
  run_id: string;
  metric_key: string;
  page_token?: string;
  max_results?: number;
}

export interface GetMetricHistoryBulk {
  run_id?: string[];
  metric_key: string;
  max_results?: number;
}

export interface GetMetricHistoryBulkInterval {
  run_ids?: string[];
  metric_key: string;
  start_step?: number | null;
  end_step?: number | null;
  max_results?: number;
}

export interface GetMetricOverview {
  run_ids?: string[];
  metric_keys?: string[];
  buckets?: number;
  start_step?: number | null;
  end_step?: number | null;
}

export interface GetModelVersion {
  name: string;
  version: string;
}

export interface GetModelVersionByAlias {
  name: string;
  alias: string;
}

export interface GetModelVersionDownloadUri {
  name: string;
  version: string;
}

export interface GetPresignedDownloadUrl {
  artifact_path?: string;
}

export interface GetRegisteredModel {
  name: string;
}

export interface GetRun {
  run_id: string;
}

export interface GetSeries {
  run_ids: string[];
  metrics: string[];
  points?: number;
  axis?: "relative" | "step" | "time";
  least?: number | null;
  most?: number | null;
}

export interface GetThumbnail {
  run_id?: string;
  model_id?: string;
  name?: string;
  version?: string;
  path: string;
  size?: number;
}

export interface GetView {
  view_id: string;
}

export interface GroupRuns {
  experiment_ids?: string[];
  filter?: string;
  view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
  by: string[];
  aggregates?: string[];
  order_by?: string[];
  offset?: number;
  limit?: number;
}

export interface Heartbeat {
  run_ids?: string[];
}

export interface InputTag {
  key: string;
  value?: string;
}

export interface KeepView {
  state: string;
}

export interface KeyCount {
  key: string;
  runs: number;
}

export interface KeysFound {
  total: number;
  keys: KeyCount[];
}

export interface ListDatasetVersions {
  name: string;
  max_results?: number;
  page_token?: string;
}

export interface ListExperiments {
  contains?: string;
  view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
  offset?: number;
  limit?: number;
}

export interface ListModelArtifacts {
  model_id: string;
  artifact_directory_path?: string;
  page_token?: string;
}

export interface ListProxyArtifacts {
  path?: string;
}

export interface ListRunArtifacts {
  run_id: string;
  path?: string;
  page_token?: string;
}

export interface ListRuns {
  experiment_ids?: string[];
  run_ids?: string[];
  filter?: string;
  order_by?: string[];
  view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
  columns?: string[];
  roots_only?: boolean;
  parent_run_id?: string;
  offset?: number;
  limit?: number;
}

export interface LivenessReply {
  runs?: RunLiveness[];
}

export interface LogBatch {
  run_id: string;
  metrics?: Metric[];
  params?: Param[];
  tags?: RunTag[];
}

export interface LogInputs {
  run_id: string;
  datasets?: DatasetInput[];
  models?: ModelInput[];
}

export interface LogLoggedModelParams {
  model_id: string;
  params?: LoggedModelParameter[];
}

export interface LogMetric {
  run_id: string;
  key: string;
  value: number;
  timestamp: number;
  step?: number;
  model_id?: string | null;
  dataset_name?: string | null;
  dataset_digest?: string | null;
}

export interface LogModel {
  run_id: string;
  model_json: string;
}

export interface LogOutputs {
  run_id: string;
  models?: ModelOutput[];
}

export interface LogParam {
  run_id: string;
  key: string;
  value?: string;
}

export interface LoggedModel {
  info: LoggedModelInfo;
  data?: LoggedModelData;
}

export interface LoggedModelData {
  params?: LoggedModelParameter[];
  metrics?: Metric[];
}

export interface LoggedModelInfo {
  model_id: string;
  experiment_id: string;
  name: string;
  creation_timestamp_ms: number;
  last_updated_timestamp_ms: number;
  artifact_uri: string;
  status?: string;
  creator_id?: number | null;
  model_type?: string | null;
  source_run_id?: string | null;
  status_message?: string | null;
  tags?: LoggedModelTag[];
  registrations?: LoggedModelRegistrationInfo[];
}

export interface LoggedModelOrder {
  field_name: string;
  ascending?: boolean;
  dataset_name?: string | null;
  dataset_digest?: string | null;
}

export interface LoggedModelParameter {
  key: string;
  value?: string;
}

export interface LoggedModelRegistrationInfo {
  name: string;
  version: string;
}

export interface LoggedModelReply {
  model: LoggedModel;
}

export interface LoggedModelTag {
  key: string;
  value?: string;
}

export interface LoggedModelsPage {
  models?: LoggedModel[];
  next_page_token?: string;
}

export interface Metric {
  key: string;
  value: number;
  timestamp: number;
  step?: number;
  model_id?: string | null;
  dataset_name?: string | null;
  dataset_digest?: string | null;
  run_id?: string | null;
}

export interface MetricBulkReply {
  metrics?: MetricWithRunId[];
}

export interface MetricHistoryPage {
  metrics?: Metric[];
  next_page_token?: string;
}

export interface MetricOverviewReply {
  series?: SeriesOverview[];
}

export interface MetricWithRunId {
  key: string;
  value: number;
  timestamp: number;
  step: number;
  run_id: string;
}

export interface ModelArtifact {
  model_id: string;
  artifact_file_path: string;
}

export interface ModelCard {
  is_model: boolean;
  path: string;
  model_id?: string;
  run_id?: string;
  flavors?: string[];
  inputs?: ColumnSpec[];
  outputs?: ColumnSpec[];
  params?: ColumnSpec[];
  example?: unknown;
  requirements?: string[];
  python_version?: string;
  created?: string;
  bytes?: number;
  files?: number;
  digest?: string;
  signed_by?: string;
  trust?: "changed" | "data" | "signed" | "unknown" | "untrusted";
  reason?: string;
  verdict?: string;
  verdict_detail?: string;
  onnx?: OnnxTwin | null;
  versions?: string[];
}

export interface ModelInput {
  model_id: string;
}

export interface ModelOutput {
  model_id: string;
  step?: number;
}

export interface ModelVersion {
  name: string;
  version: string;
  creation_timestamp: number;
  last_updated_timestamp?: number | null;
  user_id?: string | null;
  current_stage?: string;
  description?: string;
  source?: string;
  run_id?: string;
  status?: string;
  status_message?: string | null;
  tags?: ModelVersionTag[];
  run_link?: string;
  aliases?: string[];
  model_id?: string | null;
}

export interface ModelVersionReply {
  model_version: ModelVersion;
}

export interface ModelVersionTag {
  key: string;
  value?: string;
}

export interface ModelVersionsPage {
  model_versions?: ModelVersion[];
  next_page_token?: string;
}

export interface ModelVersionsReply {
  model_versions?: ModelVersion[];
}

export interface MultipartUploadCredential {
  url: string;
  part_number: number;
  headers?: Record<string, string>;
}

export interface MultipartUploadPart {
  part_number: number;
  etag?: string;
  url?: string | null;
}

export interface MultipartUploadReply {
  upload_id: string;
  credentials?: MultipartUploadCredential[];
}

export interface NamedDataset {
  name: string;
  type?: string;
  description?: string;
  created?: number;
  updated?: number;
  latest?: DatasetVersion | null;
}

export interface NamedDatasetReply {
  dataset: NamedDataset;
}

export interface NamedDatasetsFound {
  datasets: NamedDataset[];
  next_page_token?: string;
}

export interface OnnxTwin {
  path: string;
  bytes: number;
  certified: boolean;
  rows_compared?: number;
  largest_difference?: number | null;
}

export interface Param {
  key: string;
  value?: string;
}

export interface PredictOnce {
  name: string;
  version: string;
  rows: (Record<string, unknown>)[];
}

export interface Predicted {
  predictions: unknown;
  model_id?: string;
}

export interface PresignedUrlReply {
  presigned_url: string;
  headers?: Record<string, string>;
  file_size?: number | null;
}

export interface PreviewFile {
  run_id?: string;
  model_id?: string;
  name?: string;
  version?: string;
  path: string;
  offset?: number;
  length?: number;
  rows?: number;
}

export interface ProxyArtifact {
  artifact_path: string;
}

export interface PurgeDeleted {
  run_ids?: string[];
  experiment_ids?: string[];
}

export interface Ready {
  status: string;
  reason?: string;
}

export interface RecordDatasetUse {
  reference: string;
  run_id: string;
  role?: "consumer" | "producer";
}

export interface RegisteredModel {
  name: string;
  creation_timestamp: number;
  last_updated_timestamp?: number | null;
  user_id?: string | null;
  description?: string;
  latest_versions?: ModelVersion[];
  tags?: RegisteredModelTag[];
  aliases?: RegisteredModelAlias[];
}

export interface RegisteredModelAlias {
  alias: string;
  version: string;
}

export interface RegisteredModelReply {
  registered_model: RegisteredModel;
}

export interface RegisteredModelTag {
  key: string;
  value?: string;
}

export interface RegisteredModelsPage {
  registered_models?: RegisteredModel[];
  next_page_token?: string;
}

export interface RenameRegisteredModel {
  name: string;
  new_name?: string;
}

export interface RestoreExperiment {
  experiment_id: string;
}

export interface RestoreRun {
  run_id: string;
}

export interface Run {
  info: RunInfo;
  data?: RunData;
  inputs?: RunInputs;
  outputs?: RunOutputs | null;
}

export interface RunArtifact {
  run_id: string;
  path: string;
}

export interface RunData {
  metrics?: Metric[];
  params?: Param[];
  tags?: RunTag[];
}

export interface RunGroup {
  values: (string | null)[];
  runs: number;
  aggregates: (string | number | boolean | null)[];
}

export interface RunGroups {
  total: number;
  groups: RunGroup[];
}

export interface RunInfo {
  run_id: string;
  experiment_id: string;
  run_uuid?: string | null;
  run_name?: string | null;
  user_id?: string;
  status?: string;
  start_time?: number | null;
  end_time?: number | null;
  artifact_uri?: string | null;
  lifecycle_stage?: string;
}

export interface RunInfoReply {
  run_info: RunInfo;
}

export interface RunInputs {
  dataset_inputs?: DatasetInput[];
  model_inputs?: ModelInput[];
}

export interface RunLiveness {
  run_id: string;
  heartbeat_time?: number | null;
  silent_ms?: number | null;
}

export interface RunOutputs {
  model_outputs?: ModelOutput[];
}

export interface RunReply {
  run: Run;
}

export interface RunRows {
  total: number;
  run_ids: string[];
  children: number[];
  columns: Record<string, (string | number | boolean | null)[]>;
}

export interface RunTag {
  key: string;
  value?: string;
}

export interface RunsPage {
  runs?: Run[];
  next_page_token?: string;
}

export interface SearchDatasets {
  experiment_ids?: string[];
}

export interface SearchExperiments {
  max_results?: number;
  page_token?: string;
  filter?: string;
  order_by?: string[];
  view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
}

export interface SearchLoggedModels {
  experiment_ids?: string[];
  filter?: string;
  datasets?: DatasetChoice[];
  max_results?: number;
  order_by?: LoggedModelOrder[];
  page_token?: string;
}

export interface SearchModelVersions {
  filter?: string;
  max_results?: number;
  order_by?: string[];
  page_token?: string;
}

export interface SearchNamedDatasets {
  contains?: string;
  type?: string;
  max_results?: number;
  page_token?: string;
}

export interface SearchRegisteredModels {
  filter?: string;
  max_results?: number;
  order_by?: string[];
  page_token?: string;
}

export interface SearchRuns {
  experiment_ids?: string[];
  filter?: string;
  run_view_type?: "ACTIVE_ONLY" | "ALL" | "DELETED_ONLY";
  max_results?: number;
  order_by?: string[];
  page_token?: string;
}

export interface Series {
  run_id: string;
  metric: string;
  total: number;
  steps: number[];
  timestamps: number[];
  values: (string | number | boolean | null)[];
}

export interface SeriesFound {
  series: Series[];
}

export interface SeriesOverview {
  run_id: string;
  key: string;
  count: number;
  first_steps: number[];
  last_steps: number[];
  minima: (number | null)[];
  maxima: (number | null)[];
  lasts: (number | null)[];
}

export interface ServerInfo {
  store_type: string;
  version: string;
  workspaces_enabled?: boolean;
}

export interface SetDatasetAlias {
  name: string;
  alias: string;
  version: number;
}

export interface SetExperimentTag {
  experiment_id: string;
  key: string;
  value?: string;
}

export interface SetLoggedModelTags {
  model_id: string;
  tags?: LoggedModelTag[];
}

export interface SetModelVersionTag {
  name: string;
  version: string;
  key: string;
  value?: string;
}

export interface SetRegisteredModelAlias {
  name: string;
  alias: string;
  version: string;
}

export interface SetRegisteredModelTag {
  name: string;
  key: string;
  value?: string;
}

export interface SetTag {
  run_id: string;
  key: string;
  value?: string;
}

export interface Text {
  text: string;
}

export interface TransitionModelVersionStage {
  name: string;
  version: string;
  stage: string;
  archive_existing_versions?: boolean;
}

export interface UpdateExperiment {
  experiment_id: string;
  new_name?: string;
}

export interface UpdateModelVersion {
  name: string;
  version: string;
  description?: string | null;
}

export interface UpdateNamedDataset {
  name: string;
  type?: string | null;
  description?: string | null;
}

export interface UpdateRegisteredModel {
  name: string;
  description?: string | null;
}

export interface UpdateRun {
  run_id: string;
  status?: "FAILED" | "FINISHED" | "KILLED" | "RUNNING" | "SCHEDULED" | null;
  end_time?: number | null;
  run_name?: string;
}

export interface UploadCompleted {
  size?: number;
  sha256?: string;
}

export interface UploadPart {
  upload_id: string;
  part_number: number;
  artifact_path: string;
}

export interface VaryingFound {
  params: KeyCount[];
  metrics: KeyCount[];
}

export interface VersionArtifact {
  name: string;
  version: string;
  path: string;
}

export interface ViewKept {
  view_id: string;
}

export interface WatchChanges {
  experiment_id?: string[];
  run_id?: string[];
}

export interface Wire {
  "tracking.create_experiment": { request: CreateExperiment; reply: ExperimentCreated };
  "tracking.get_experiment": { request: GetExperiment; reply: ExperimentReply };
  "tracking.get_experiment_by_name": { request: GetExperimentByName; reply: ExperimentReply };
  "tracking.search_experiments": { request: SearchExperiments; reply: ExperimentsPage };
  "tracking.delete_experiment": { request: DeleteExperiment; reply: Empty };
  "tracking.restore_experiment": { request: RestoreExperiment; reply: Empty };
  "tracking.update_experiment": { request: UpdateExperiment; reply: Empty };
  "tracking.set_experiment_tag": { request: SetExperimentTag; reply: Empty };
  "tracking.delete_experiment_tag": { request: DeleteExperimentTag; reply: Empty };
  "tracking.search_datasets": { request: SearchDatasets; reply: DatasetsReply };
  "tracking.create_run": { request: CreateRun; reply: RunReply };
  "tracking.update_run": { request: UpdateRun; reply: RunInfoReply };
  "tracking.get_run": { request: GetRun; reply: RunReply };
  "tracking.search_runs": { request: SearchRuns; reply: RunsPage };
  "tracking.delete_run": { request: DeleteRun; reply: Empty };
  "tracking.restore_run": { request: RestoreRun; reply: Empty };
  "tracking.log_metric": { request: LogMetric; reply: Empty };
  "tracking.log_param": { request: LogParam; reply: Empty };
  "tracking.log_batch": { request: LogBatch; reply: Empty };
  "tracking.set_tag": { request: SetTag; reply: Empty };
  "tracking.delete_tag": { request: DeleteTag; reply: Empty };
  "tracking.log_inputs": { request: LogInputs; reply: Empty };
  "tracking.log_outputs": { request: LogOutputs; reply: Empty };
  "tracking.log_model": { request: LogModel; reply: Empty };
  "tracking.heartbeat": { request: Heartbeat; reply: Empty };
  "tracking.get_liveness": { request: GetLiveness; reply: LivenessReply };
  "tracking.get_metric_history": { request: GetMetricHistory; reply: MetricHistoryPage };
  "tracking.get_metric_history_bulk": { request: GetMetricHistoryBulk; reply: MetricBulkReply };
  "tracking.get_metric_history_bulk_interval": { request: GetMetricHistoryBulkInterval; reply: MetricBulkReply };
  "tracking.get_metric_overview": { request: GetMetricOverview; reply: MetricOverviewReply };
  "tracking.create_logged_model": { request: CreateLoggedModel; reply: LoggedModelReply };
  "tracking.search_logged_models": { request: SearchLoggedModels; reply: LoggedModelsPage };
  "tracking.get_logged_model": { request: GetLoggedModel; reply: LoggedModelReply };
  "tracking.finalize_logged_model": { request: FinalizeLoggedModel; reply: LoggedModelReply };
  "tracking.delete_logged_model": { request: DeleteLoggedModel; reply: Empty };
  "tracking.set_logged_model_tags": { request: SetLoggedModelTags; reply: LoggedModelReply };
  "tracking.delete_logged_model_tag": { request: DeleteLoggedModelTag; reply: Empty };
  "tracking.log_logged_model_params": { request: LogLoggedModelParams; reply: Empty };
  "registry.create_registered_model": { request: CreateRegisteredModel; reply: RegisteredModelReply };
  "registry.get_registered_model": { request: GetRegisteredModel; reply: RegisteredModelReply };
  "registry.search_registered_models": { request: SearchRegisteredModels; reply: RegisteredModelsPage };
  "registry.rename_registered_model": { request: RenameRegisteredModel; reply: RegisteredModelReply };
  "registry.update_registered_model": { request: UpdateRegisteredModel; reply: RegisteredModelReply };
  "registry.delete_registered_model": { request: DeleteRegisteredModel; reply: Empty };
  "registry.set_registered_model_tag": { request: SetRegisteredModelTag; reply: Empty };
  "registry.delete_registered_model_tag": { request: DeleteRegisteredModelTag; reply: Empty };
  "registry.set_registered_model_alias": { request: SetRegisteredModelAlias; reply: Empty };
  "registry.delete_registered_model_alias": { request: DeleteRegisteredModelAlias; reply: Empty };
  "registry.get_model_version_by_alias": { request: GetModelVersionByAlias; reply: ModelVersionReply };
  "registry.get_latest_versions": { request: GetLatestVersions; reply: ModelVersionsReply };
  "registry.create_model_version": { request: CreateModelVersion; reply: ModelVersionReply };
  "registry.get_model_version": { request: GetModelVersion; reply: ModelVersionReply };
  "registry.search_model_versions": { request: SearchModelVersions; reply: ModelVersionsPage };
  "registry.get_model_version_download_uri": { request: GetModelVersionDownloadUri; reply: DownloadUriReply };
  "registry.update_model_version": { request: UpdateModelVersion; reply: ModelVersionReply };
  "registry.delete_model_version": { request: DeleteModelVersion; reply: Empty };
  "registry.transition_model_version_stage": { request: TransitionModelVersionStage; reply: ModelVersionReply };
  "registry.set_model_version_tag": { request: SetModelVersionTag; reply: Empty };
  "registry.delete_model_version_tag": { request: DeleteModelVersionTag; reply: Empty };
  "artifacts.list_run_artifacts": { request: ListRunArtifacts; reply: ArtifactsPage };
  "artifacts.list_model_artifacts": { request: ListModelArtifacts; reply: ArtifactsPage };
  "artifacts.list_artifacts": { request: ListProxyArtifacts; reply: FilesReply };
  "artifacts.upload_artifact": { request: ProxyArtifact; reply: Empty };
  "artifacts.download_artifact": { request: ProxyArtifact; reply: Empty };
  "artifacts.delete_artifact": { request: ProxyArtifact; reply: Empty };
  "artifacts.get_run_artifact": { request: RunArtifact; reply: Empty };
  "artifacts.get_version_artifact": { request: VersionArtifact; reply: Empty };
  "artifacts.get_model_artifact": { request: ModelArtifact; reply: Empty };
  "artifacts.upload_run_artifact": { request: RunArtifact; reply: Empty };
  "artifacts.create_multipart_upload": { request: CreateMultipartUpload; reply: MultipartUploadReply };
  "artifacts.complete_multipart_upload": { request: CompleteMultipartUpload; reply: UploadCompleted };
  "artifacts.abort_multipart_upload": { request: AbortMultipartUpload; reply: Empty };
  "artifacts.upload_part": { request: UploadPart; reply: Empty };
  "artifacts.get_presigned_download_url": { request: GetPresignedDownloadUrl; reply: PresignedUrlReply };
  "artifacts.create_presigned_upload_url": { request: CreatePresignedUrl; reply: PresignedUrlReply };
  "artifacts.create_presigned_download_url": { request: CreatePresignedUrl; reply: PresignedUrlReply };
  "server.health": { request: Ask; reply: Text };
  "server.ready": { request: Ask; reply: Ready };
  "server.version": { request: Ask; reply: Text };
  "server.openapi": { request: Ask; reply: Text };
  "server.server_info": { request: Ask; reply: ServerInfo };
  "views.list_experiments": { request: ListExperiments; reply: ExperimentRows };
  "views.list_runs": { request: ListRuns; reply: RunRows };
  "views.find_keys": { request: FindKeys; reply: KeysFound };
  "views.find_values": { request: FindValues; reply: KeysFound };
  "views.find_varying": { request: FindVarying; reply: VaryingFound };
  "views.group_runs": { request: GroupRuns; reply: RunGroups };
  "views.export_runs": { request: ExportRuns; reply: Empty };
  "views.change_runs": { request: ChangeRuns; reply: Changed };
  "views.change_experiments": { request: ChangeExperiments; reply: Changed };
  "views.purge_deleted": { request: PurgeDeleted; reply: Changed };
  "views.keep_view": { request: KeepView; reply: ViewKept };
  "views.get_view": { request: GetView; reply: KeepView };
  "views.get_series": { request: GetSeries; reply: SeriesFound };
  "views.compare_runs": { request: CompareRuns; reply: Comparison };
  "views.watch_changes": { request: WatchChanges; reply: Changes };
  "views.preview_file": { request: PreviewFile; reply: FilePreview };
  "views.get_thumbnail": { request: GetThumbnail; reply: Empty };
  "views.get_archive": { request: GetArchive; reply: Empty };
  "views.describe_model": { request: DescribeModel; reply: ModelCard };
  "views.predict_once": { request: PredictOnce; reply: Predicted };
  "views.about_server": { request: AboutServer; reply: About };
  "datasets.create_version": { request: CreateDatasetVersion; reply: DatasetVersionReply };
  "datasets.get_version": { request: GetDatasetVersion; reply: DatasetVersionReply };
  "datasets.search": { request: SearchNamedDatasets; reply: NamedDatasetsFound };
  "datasets.list_versions": { request: ListDatasetVersions; reply: DatasetVersionsFound };
  "datasets.record_use": { request: RecordDatasetUse; reply: DatasetUseReply };
  "datasets.lineage": { request: GetDatasetLineage; reply: DatasetLineage };
  "datasets.set_alias": { request: SetDatasetAlias; reply: Empty };
  "datasets.delete_alias": { request: DeleteDatasetAlias; reply: Empty };
  "datasets.update": { request: UpdateNamedDataset; reply: NamedDatasetReply };
}

export const rows: Record<keyof Wire, { method: string; path: string }> = {
  "tracking.create_experiment": { method: "POST", path: "/api/2.0/mlflow/experiments/create" },
  "tracking.get_experiment": { method: "GET", path: "/api/2.0/mlflow/experiments/get" },
  "tracking.get_experiment_by_name": { method: "GET", path: "/api/2.0/mlflow/experiments/get-by-name" },
  "tracking.search_experiments": { method: "POST", path: "/api/2.0/mlflow/experiments/search" },
  "tracking.delete_experiment": { method: "POST", path: "/api/2.0/mlflow/experiments/delete" },
  "tracking.restore_experiment": { method: "POST", path: "/api/2.0/mlflow/experiments/restore" },
  "tracking.update_experiment": { method: "POST", path: "/api/2.0/mlflow/experiments/update" },
  "tracking.set_experiment_tag": { method: "POST", path: "/api/2.0/mlflow/experiments/set-experiment-tag" },
  "tracking.delete_experiment_tag": { method: "POST", path: "/api/2.0/mlflow/experiments/delete-experiment-tag" },
  "tracking.search_datasets": { method: "POST", path: "/ajax-api/2.0/mlflow/experiments/search-datasets" },
  "tracking.create_run": { method: "POST", path: "/api/2.0/mlflow/runs/create" },
  "tracking.update_run": { method: "POST", path: "/api/2.0/mlflow/runs/update" },
  "tracking.get_run": { method: "GET", path: "/api/2.0/mlflow/runs/get" },
  "tracking.search_runs": { method: "POST", path: "/api/2.0/mlflow/runs/search" },
  "tracking.delete_run": { method: "POST", path: "/api/2.0/mlflow/runs/delete" },
  "tracking.restore_run": { method: "POST", path: "/api/2.0/mlflow/runs/restore" },
  "tracking.log_metric": { method: "POST", path: "/api/2.0/mlflow/runs/log-metric" },
  "tracking.log_param": { method: "POST", path: "/api/2.0/mlflow/runs/log-parameter" },
  "tracking.log_batch": { method: "POST", path: "/api/2.0/mlflow/runs/log-batch" },
  "tracking.set_tag": { method: "POST", path: "/api/2.0/mlflow/runs/set-tag" },
  "tracking.delete_tag": { method: "POST", path: "/api/2.0/mlflow/runs/delete-tag" },
  "tracking.log_inputs": { method: "POST", path: "/api/2.0/mlflow/runs/log-inputs" },
  "tracking.log_outputs": { method: "POST", path: "/api/2.0/mlflow/runs/outputs" },
  "tracking.log_model": { method: "POST", path: "/api/2.0/mlflow/runs/log-model" },
  "tracking.heartbeat": { method: "POST", path: "/api/1.0/modelyard/runs/heartbeat" },
  "tracking.get_liveness": { method: "POST", path: "/api/1.0/modelyard/runs/liveness" },
  "tracking.get_metric_history": { method: "GET", path: "/api/2.0/mlflow/metrics/get-history" },
  "tracking.get_metric_history_bulk": { method: "GET", path: "/ajax-api/2.0/mlflow/metrics/get-history-bulk" },
  "tracking.get_metric_history_bulk_interval": { method: "GET", path: "/api/2.0/mlflow/metrics/get-history-bulk-interval" },
  "tracking.get_metric_overview": { method: "POST", path: "/api/1.0/modelyard/metrics/overview" },
  "tracking.create_logged_model": { method: "POST", path: "/api/2.0/mlflow/logged-models" },
  "tracking.search_logged_models": { method: "POST", path: "/api/2.0/mlflow/logged-models/search" },
  "tracking.get_logged_model": { method: "GET", path: "/api/2.0/mlflow/logged-models/{model_id}" },
  "tracking.finalize_logged_model": { method: "PATCH", path: "/api/2.0/mlflow/logged-models/{model_id}" },
  "tracking.delete_logged_model": { method: "DELETE", path: "/api/2.0/mlflow/logged-models/{model_id}" },
  "tracking.set_logged_model_tags": { method: "PATCH", path: "/api/2.0/mlflow/logged-models/{model_id}/tags" },
  "tracking.delete_logged_model_tag": { method: "DELETE", path: "/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}" },
  "tracking.log_logged_model_params": { method: "POST", path: "/api/2.0/mlflow/logged-models/{model_id}/params" },
  "registry.create_registered_model": { method: "POST", path: "/api/2.0/mlflow/registered-models/create" },
  "registry.get_registered_model": { method: "GET", path: "/api/2.0/mlflow/registered-models/get" },
  "registry.search_registered_models": { method: "GET", path: "/api/2.0/mlflow/registered-models/search" },
  "registry.rename_registered_model": { method: "POST", path: "/api/2.0/mlflow/registered-models/rename" },
  "registry.update_registered_model": { method: "PATCH", path: "/api/2.0/mlflow/registered-models/update" },
  "registry.delete_registered_model": { method: "DELETE", path: "/api/2.0/mlflow/registered-models/delete" },
  "registry.set_registered_model_tag": { method: "POST", path: "/api/2.0/mlflow/registered-models/set-tag" },
  "registry.delete_registered_model_tag": { method: "DELETE", path: "/api/2.0/mlflow/registered-models/delete-tag" },
  "registry.set_registered_model_alias": { method: "POST", path: "/api/2.0/mlflow/registered-models/alias" },
  "registry.delete_registered_model_alias": { method: "DELETE", path: "/api/2.0/mlflow/registered-models/alias" },
  "registry.get_model_version_by_alias": { method: "GET", path: "/api/2.0/mlflow/registered-models/alias" },
  "registry.get_latest_versions": { method: "GET", path: "/api/2.0/mlflow/registered-models/get-latest-versions" },
  "registry.create_model_version": { method: "POST", path: "/api/2.0/mlflow/model-versions/create" },
  "registry.get_model_version": { method: "GET", path: "/api/2.0/mlflow/model-versions/get" },
  "registry.search_model_versions": { method: "GET", path: "/api/2.0/mlflow/model-versions/search" },
  "registry.get_model_version_download_uri": { method: "GET", path: "/api/2.0/mlflow/model-versions/get-download-uri" },
  "registry.update_model_version": { method: "PATCH", path: "/api/2.0/mlflow/model-versions/update" },
  "registry.delete_model_version": { method: "DELETE", path: "/api/2.0/mlflow/model-versions/delete" },
  "registry.transition_model_version_stage": { method: "POST", path: "/api/2.0/mlflow/model-versions/transition-stage" },
  "registry.set_model_version_tag": { method: "POST", path: "/api/2.0/mlflow/model-versions/set-tag" },
  "registry.delete_model_version_tag": { method: "DELETE", path: "/api/2.0/mlflow/model-versions/delete-tag" },
  "artifacts.list_run_artifacts": { method: "GET", path: "/api/2.0/mlflow/artifacts/list" },
  "artifacts.list_model_artifacts": { method: "GET", path: "/api/2.0/mlflow/logged-models/{model_id}/artifacts/directories" },
  "artifacts.list_artifacts": { method: "GET", path: "/api/2.0/mlflow-artifacts/artifacts" },
  "artifacts.upload_artifact": { method: "PUT", path: "/api/2.0/mlflow-artifacts/artifacts/{artifact_path*}" },
  "artifacts.download_artifact": { method: "GET", path: "/api/2.0/mlflow-artifacts/artifacts/{artifact_path*}" },
  "artifacts.delete_artifact": { method: "DELETE", path: "/api/2.0/mlflow-artifacts/artifacts/{artifact_path*}" },
  "artifacts.get_run_artifact": { method: "GET", path: "/get-artifact" },
  "artifacts.get_version_artifact": { method: "GET", path: "/model-versions/get-artifact" },
  "artifacts.get_model_artifact": { method: "GET", path: "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files" },
  "artifacts.upload_run_artifact": { method: "POST", path: "/ajax-api/2.0/mlflow/upload-artifact" },
  "artifacts.create_multipart_upload": { method: "POST", path: "/api/2.0/mlflow-artifacts/mpu/create/{artifact_path*}" },
  "artifacts.complete_multipart_upload": { method: "POST", path: "/api/2.0/mlflow-artifacts/mpu/complete/{artifact_path*}" },
  "artifacts.abort_multipart_upload": { method: "POST", path: "/api/2.0/mlflow-artifacts/mpu/abort/{artifact_path*}" },
  "artifacts.upload_part": { method: "PUT", path: "/api/1.0/modelyard/artifacts/parts/{upload_id}/{part_number}/{artifact_path*}" },
  "artifacts.get_presigned_download_url": { method: "GET", path: "/api/2.0/mlflow-artifacts/presigned/{artifact_path*}" },
  "artifacts.create_presigned_upload_url": { method: "POST", path: "/api/2.0/mlflow/artifacts/presigned-upload-url" },
  "artifacts.create_presigned_download_url": { method: "POST", path: "/api/2.0/mlflow/artifacts/presigned-download-url" },
  "server.health": { method: "GET", path: "/health" },
  "server.ready": { method: "GET", path: "/ready" },
  "server.version": { method: "GET", path: "/version" },
  "server.openapi": { method: "GET", path: "/openapi.json" },
  "server.server_info": { method: "GET", path: "/api/2.0/mlflow/server-info" },
  "views.list_experiments": { method: "POST", path: "/api/1.0/modelyard/views/experiments" },
  "views.list_runs": { method: "POST", path: "/api/1.0/modelyard/views/runs" },
  "views.find_keys": { method: "POST", path: "/api/1.0/modelyard/views/keys" },
  "views.find_values": { method: "POST", path: "/api/1.0/modelyard/views/values" },
  "views.find_varying": { method: "POST", path: "/api/1.0/modelyard/views/varying" },
  "views.group_runs": { method: "POST", path: "/api/1.0/modelyard/views/groups" },
  "views.export_runs": { method: "GET", path: "/api/1.0/modelyard/views/export" },
  "views.change_runs": { method: "POST", path: "/api/1.0/modelyard/views/runs/change" },
  "views.change_experiments": { method: "POST", path: "/api/1.0/modelyard/views/experiments/change" },
  "views.purge_deleted": { method: "POST", path: "/api/1.0/modelyard/views/purge" },
  "views.keep_view": { method: "POST", path: "/api/1.0/modelyard/views/keep" },
  "views.get_view": { method: "GET", path: "/api/1.0/modelyard/views/kept/{view_id}" },
  "views.get_series": { method: "POST", path: "/api/1.0/modelyard/views/series" },
  "views.compare_runs": { method: "POST", path: "/api/1.0/modelyard/views/compare" },
  "views.watch_changes": { method: "GET", path: "/api/1.0/modelyard/views/changes" },
  "views.preview_file": { method: "GET", path: "/api/1.0/modelyard/views/file" },
  "views.get_thumbnail": { method: "GET", path: "/api/1.0/modelyard/views/thumbnail" },
  "views.get_archive": { method: "GET", path: "/api/1.0/modelyard/views/archive" },
  "views.describe_model": { method: "GET", path: "/api/1.0/modelyard/views/model" },
  "views.predict_once": { method: "POST", path: "/api/1.0/modelyard/views/predict" },
  "views.about_server": { method: "GET", path: "/api/1.0/modelyard/views/about" },
  "datasets.create_version": { method: "POST", path: "/api/1.0/modelyard/datasets/versions" },
  "datasets.get_version": { method: "GET", path: "/api/1.0/modelyard/datasets/version" },
  "datasets.search": { method: "GET", path: "/api/1.0/modelyard/datasets" },
  "datasets.list_versions": { method: "GET", path: "/api/1.0/modelyard/datasets/versions" },
  "datasets.record_use": { method: "POST", path: "/api/1.0/modelyard/datasets/uses" },
  "datasets.lineage": { method: "GET", path: "/api/1.0/modelyard/datasets/lineage" },
  "datasets.set_alias": { method: "POST", path: "/api/1.0/modelyard/datasets/aliases" },
  "datasets.delete_alias": { method: "DELETE", path: "/api/1.0/modelyard/datasets/aliases" },
  "datasets.update": { method: "PATCH", path: "/api/1.0/modelyard/datasets" },
};
